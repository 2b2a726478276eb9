import { createServer, type Socket } from 'node:net';
import { type FarSide, listening } from '../kit/far-side.ts';

/** A server on this machine that is spoken to, and answers, in bytes. */
export async function rawFarSide(connected: (socket: Socket) => void): Promise<FarSide> {
  const server = createServer((socket) => {
    socket.on('error', () => {}); // the other side may go whenever it likes
    socket.resume();
    connected(socket);
  });
  return { received: [], ...(await listening(server)) };
}
