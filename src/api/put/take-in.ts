import type { ApiContext } from '../context.ts';
import type { Authorize } from '../operation.ts';
import { acceptingStream } from './accepting-stream.ts';
import { giveBack } from './arena.ts';
import type { PutKind } from './put.ts';
import { readPut } from './read-put.ts';

/**
 * What PutRecord and PutRecordBatch share: reads the body and resolves with the number of records once all of them are
 * durable. All or nothing: when it rejects, none was taken in.
 */
export async function takeIn(
  context: ApiContext,
  body: Uint8Array,
  { kind, authorize }: { readonly kind: PutKind; readonly authorize: Authorize },
): Promise<number> {
  const { streamName, data, lengths, memory } = readPut(body, kind);
  authorize(streamName);
  const stream = acceptingStream(context, streamName, await context.streams.get(streamName));
  await context.ingest(stream, { arrivedAt: context.now(), data, lengths });
  // Not after a refusal: a write that failed halfway may still be reading.
  if (memory !== undefined) giveBack(memory);
  return lengths.length;
}
