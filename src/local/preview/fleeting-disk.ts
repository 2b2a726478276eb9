import { type Disk, nodeDisk } from '../disk.ts';

/** The file system for what nobody needs after a crash: nothing is waited for until it is on the disk. */
export function fleetingDisk(): Disk {
  const disk = nodeDisk();
  return {
    ...disk,
    async open(path, how) {
      const file = await disk.open(path, how);
      return { ...file, writeDurably: file.write, sync: async () => {} };
    },
    syncFolder: async () => {},
  };
}
