import { close, openSync, readdirSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/**
 * Keeps a second process out of a data folder. Node has no flock, and a file that names its owner cannot tell a dead
 * owner from one in another container: a restarted container has the same pid, host name and often the same lock file.
 * So the lock is a Unix socket in the folder, `lock-<n>.sock`, on which the owner listens: the kernel answers for it,
 * across containers too (a socket with a path belongs to its file system, not to a network namespace), and refuses as
 * soon as the owner is dead, however it died.
 *
 * To acquire: whoever answers on any lock socket holds the folder. If nobody does, listen on the next number, then look
 * again. Since everyone first listens and then looks, of two starting at once at least one sees the other and gives up;
 * both may.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const { reach, done } = within(folder);
  try {
    const stale = await refuseIfHeld(folder, reach, undefined);
    const own = Math.max(0, ...stale) + 1;
    const server = await listen(reach(own), folder);
    try {
      for (const number of await refuseIfHeld(folder, reach, own)) unlinkSync(join(folder, socketName(number)));
    } catch (error) {
      await stop(server);
      throw error;
    }
    return async () => {
      await stop(server);
      done();
    };
  } catch (error) {
    done();
    throw error;
  }
}

/** A socket's path holds about 100 bytes, a folder's name any number. */
const LONGEST_SOCKET_PATH = 100;

const socketName = (number: number): string => `lock-${number}.sock`;

/** Paths of the folder's sockets that are short enough: on Linux through the folder's descriptor where need be. */
function within(folder: string): { reach: (number: number) => string; done: () => void } {
  const longest = Buffer.byteLength(join(folder, socketName(Number.MAX_SAFE_INTEGER)));
  if (longest <= LONGEST_SOCKET_PATH || process.platform !== 'linux') {
    return { reach: (number) => join(folder, socketName(number)), done: () => {} };
  }
  const descriptor = openSync(folder, 'r');
  return {
    reach: (number) => `/proc/self/fd/${descriptor}/${socketName(number)}`,
    done: () => close(descriptor),
  };
}

/** Throws if someone but `own` answers; otherwise resolves with the numbers of the sockets nobody listens on. */
async function refuseIfHeld(folder: string, reach: (number: number) => string, own: number | undefined) {
  const stale: number[] = [];
  for (const name of readdirSync(folder)) {
    const number = Number(/^lock-(\d+)\.sock$/.exec(name)?.[1]);
    if (Number.isNaN(number) || number === own) continue;
    if (await answers(reach(number))) throw held(folder);
    stale.push(number);
  }
  return stale;
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      socket.destroy();
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT' || error.code === 'ENOTSOCK') resolve(false);
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

function listen(path: string, folder: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? held(folder) : error);
    });
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function held(folder: string): Error {
  const error: NodeJS.ErrnoException = new Error(`Another process is using ${folder}.`);
  error.code = 'ELOCKED';
  return error;
}
