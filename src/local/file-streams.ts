import { basename, join } from 'node:path';
import { ApiError, ConfigError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import type { StreamDefinition, StreamStore } from '../core/streams.ts';
import type { Disk } from './disk.ts';
import { secretJson } from './secrets.ts';
import { readWhole, removeIfThere, UNFINISHED, writeWhole } from './whole-file.ts';

/**
 * Raised when what a definition's members mean changes; an older Hydrant then refuses the file instead of misreading
 * it.
 */
const FORMAT = 1;

/**
 * Stream definitions, one file each, named by the incarnation's id: a stream's name may be `..` or differ from another
 * only in case. Files are replaced by rename, so a crash leaves the old or the new definition. All definitions are held
 * in memory.
 */
export async function fileStreams({
  folder,
  disk,
}: {
  readonly folder: string;
  readonly disk: Disk;
}): Promise<StreamStore> {
  await disk.makeFolder(folder);
  const json = await secretJson(disk, folder);
  const byName = new Map<string, StreamDefinition>();
  const byId = new Map<string, StreamDefinition>();
  /** The last change of each name, so that the next waits for it. */
  const changing = new Map<string, Promise<unknown>>();

  function remember(stream: StreamDefinition): void {
    byName.set(stream.name, stream);
    byId.set(stream.id, stream);
  }

  const fileOf = (id: string) => join(folder, `${id}.json`);

  async function load(name: string): Promise<void> {
    const path = join(folder, name);
    if (name.endsWith(UNFINISHED)) return disk.remove(path);
    if (!name.endsWith('.json')) return;
    const text = (await readWhole(disk, path))?.toString('utf8') ?? '';
    remember(definitionIn(path, () => json.read(text)));
  }

  async function replace(current: StreamDefinition | undefined, next: StreamDefinition | undefined): Promise<void> {
    if (next === current) return;
    if (next !== undefined)
      await writeWhole(disk, fileOf(next.id), Buffer.from(json.write({ format: FORMAT, stream: next })));
    // In memory only once it is durable: nobody may see what a crash could undo.
    if (next !== undefined) remember(next);
    if (current === undefined || current.id === next?.id) return;
    // Gone already where an earlier try failed only after it.
    await removeIfThere(disk, fileOf(current.id));
    await disk.syncFolder(folder);
    byId.delete(current.id);
    if (next === undefined) byName.delete(current.name);
  }

  for (const name of await disk.list(folder)) await load(name);

  return {
    get: async (name) => byName.get(name),
    byId: async (id) => byId.get(id),
    list: async () => [...byName.values()].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),

    async change(name, decide) {
      const before = changing.get(name) ?? Promise.resolve();
      const change = before.then(async () => {
        const current = byName.get(name);
        const next = decide(current);
        await replace(current, next).catch((error: unknown) => {
          throw notStored(name, error);
        });
        return next;
      });
      const settled = change.catch(() => undefined); // the caller gets the error; the next change does not
      changing.set(name, settled);
      void settled.then(() => {
        if (changing.get(name) === settled) changing.delete(name);
      });
      return change;
    },
  };
}

/** A full or failing disk is the service's trouble, and may be over when the client tries again. */
function notStored(name: string, cause: unknown): ApiError {
  const message = `The definition of ${name} could not be stored: ${String(cause)}`;
  return Object.assign(new ApiError('ServiceUnavailableException', message, 503), { cause });
}

function definitionIn(path: string, read: () => unknown): StreamDefinition {
  let stored: unknown;
  try {
    stored = read();
  } catch (error) {
    throw new ConfigError(
      path,
      `cannot be read (${String(error)}). Restore it and the file 'key' beside it from a backup, or move it away, which discards what the stream has buffered.`,
    );
  }
  if (!isJsonObject(stored) || !isJsonObject(stored.stream)) throw new ConfigError(path, 'is not a stream definition.');
  if (stored.format !== FORMAT)
    throw new ConfigError(path, `was written by a newer Hydrant (format ${stored.format}).`);
  const { id, name } = stored.stream;
  if (typeof name !== 'string' || basename(path) !== `${id}.json`) {
    throw new ConfigError(path, 'is not the definition of the stream that the file is named for.');
  }
  // Written by `replace` and by nothing else.
  return stored.stream as unknown as StreamDefinition;
}
