import type { Writable } from 'node:stream';
import type { PromptDestination } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { joinRecords } from '../src/formats/join.ts';
import { hintedLimits } from './http/hinted-limits.ts';

export interface StdoutPorts {
  /** Absent: nothing is written. */
  readonly stdout?: Writable | undefined;
}

/** Lines on standard output, for streams whose HTTP endpoint is `stdout://`. A crash may leave a batch there twice. */
export default function stdoutDestination({ stdout }: StdoutPorts): PromptDestination {
  stdout?.on('error', () => {}); // each write is told
  /** Slices are written one after the other, so that no line has another's in it. */
  let before: Promise<unknown> = Promise.resolve();

  return {
    limits: hintedLimits,

    deliver(slice, signal) {
      const written = before.then(async () => {
        let bytes = 0;
        for await (const chunk of joinRecords(slice.read(), 'if-missing')) {
          signal.throwIfAborted();
          await write(stdout, chunk);
          bytes += chunk.length;
        }
        return { bytes };
      });
      before = written.catch(() => undefined); // whoever waits for it is told
      return written;
    },
  };
}

function write(stdout: Writable | undefined, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stdout === undefined) return reject(failed("stdout is not set in Hydrant's configuration file"));
    stdout.write(chunk, (error) => (error ? reject(failed(error.message)) : resolve()));
  });
}

function failed(why: string): DeliveryError {
  return new DeliveryError(`Standard output did not take the records: ${why}.`, {
    ...{ code: 'Stdout.NotWritten', retryable: true },
  });
}
