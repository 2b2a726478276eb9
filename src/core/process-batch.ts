import { arrivalBlocks } from './arrival-blocks.ts';
import type { Append, Batch, BatchBlock, LaneStatus, RecordBuffer } from './buffer.ts';
import type { DrainEvent } from './events.ts';
import { type LaneKey, laneKey } from './lanes.ts';
import type { Processed, ProcessedRecord, Processing, ProcessingFailure, SourceRecord } from './processing.ts';
import type { FailureReason } from './records.ts';
import { activePartitionsMost, hintsOf } from './settings.ts';
import { carriesMetadata, metadataOf } from './source-metadata.ts';
import type { StreamDefinition } from './streams.ts';

export interface ProcessPorts {
  readonly buffer: RecordBuffer;
  readonly processing: Processing;
  readonly now: () => number;
  readonly report: (event: DrainEvent) => void;
}

export interface BatchToProcess {
  readonly batch: Batch;
  readonly stream: StreamDefinition;
  /** Told when the records before this place are done with. */
  readonly advanced: (upTo: number) => void;
}

/** A chunk of tiny records is cut here, so that what they become stays small too. */
const CHUNK_RECORDS = 10_000;

/**
 * Runs a batch through its stream's processors, a chunk at a time, and resolves with the lanes that were filled once
 * the batch is finished. What comes of a chunk is committed at once: results into their partitions' lanes, failures
 * into error lanes, the batch's mark behind the chunk. So it is decided once, although a transformer may answer
 * differently each time, and a crash leaves chunks that are done and chunks that were not begun.
 */
export async function processBatch(
  ports: ProcessPorts,
  { batch, stream, advanced }: BatchToProcess,
  signal: AbortSignal,
): Promise<readonly LaneStatus[]> {
  const { buffer, processing } = ports;
  const filled = new Map<LaneKey, LaneStatus>();
  let upTo = batch.advanced;
  for await (const records of chunksOf(buffer.read(batch.id), stream)) {
    signal.throwIfAborted();
    const processed = await processing.process({ stream, batch: batch.id, records }, signal);
    upTo = (records.at(-1)?.place ?? upTo) + 1;
    const end = upTo === batch.records ? { finish: batch.id } : { advance: { batch: batch.id, upTo } };
    const change = changeOf(ports, { batch, stream }, await withinLimit(ports, stream, processed));
    for (const status of await buffer.commit({ ...change, ...end })) filled.set(status.lane, status);
    advanced(upTo);
  }
  // The last records may be damaged, and so have not been read.
  if (upTo < batch.records || batch.records === 0) await buffer.commit({ finish: batch.id });
  return [...filled.values()];
}

/** The blocks' records, about as many bytes at a time as the stream's hints say. */
async function* chunksOf(blocks: AsyncIterable<BatchBlock>, stream: StreamDefinition): AsyncGenerator<SourceRecord[]> {
  const { sizeBytes } = hintsOf(stream, 'process');
  const opened = carriesMetadata(stream) ? metadataOf : (data: Uint8Array) => ({ data });
  let chunk: SourceRecord[] = [];
  let bytes = 0;
  for await (const { data, lengths, arrivedAt, place } of blocks) {
    let from = 0;
    for (const [index, length] of lengths.entries()) {
      if (chunk.length > 0 && (bytes + length > sizeBytes || chunk.length === CHUNK_RECORDS)) {
        yield chunk;
        chunk = [];
        bytes = 0;
      }
      chunk.push({ place: place + index, arrivedAt, ...opened(data.subarray(from, from + length)) });
      bytes += length;
      from += length;
    }
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * Opens no more partitions than the stream may have; the records of others fail, as on AWS. A partition is active while
 * it holds records that were not sealed yet.
 */
async function withinLimit(
  { buffer }: ProcessPorts,
  stream: StreamDefinition,
  processed: Processed,
): Promise<Processed> {
  const most = activePartitionsMost(stream);
  const open = new Set(['']);
  let active = await buffer.laneCount(stream.id, 'deliver');
  for (const partition of new Set(processed.outputs.map(({ partition }) => partition))) {
    if (open.has(partition)) continue;
    const isActive = (await buffer.lane(deliverLane(stream, partition))) !== undefined;
    if (!isActive && active >= most) continue;
    if (!isActive) active++;
    open.add(partition);
  }
  const outputs: ProcessedRecord[] = [];
  const failures: ProcessingFailure[] = [...processed.failures];
  const reason = {
    type: 'activePartitionExceeded',
    code: 'DynamicPartitioning.ActivePartitionExceeded',
    message: `The stream has ${most} active partitions, which is as many as it may have.`,
  };
  for (const output of processed.outputs) {
    if (open.has(output.partition)) outputs.push(output);
    else failures.push({ ...output, reason });
  }
  return { outputs, failures };
}

function deliverLane(stream: StreamDefinition, partition: string): LaneKey {
  return laneKey({ streamId: stream.id, stage: 'deliver', partition });
}

interface OfBatch {
  readonly batch: Batch;
  readonly stream: StreamDefinition;
}

/** What came of a chunk, as one change of the buffer. */
function changeOf(ports: ProcessPorts, { batch, stream }: OfBatch, { outputs, failures }: Processed) {
  const now = ports.now();
  const append: Append[] = [];
  for (const [partition, records] of grouped(outputs, ({ partition }) => partition)) {
    append.push(...arrivalBlocks(records, [deliverLane(stream, partition)]));
  }
  for (const group of grouped(failures, ({ reason }) => `${reason.type} ${reason.code} ${reason.message}`).values()) {
    const reason = { attempts: 1, lastAttemptAt: now, ...group[0]!.reason }; // a group has the failure that made it
    const lane = laneKey({ streamId: stream.id, stage: 'error', partition: reason.type });
    append.push(...arrivalBlocks(group, [lane], reason));
    ports.report({ type: 'diverted', stream, batch, records: group.length, reason });
  }
  return { now, append };
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}

/**
 * Sends what is left of a batch to the error output for one reason. Its records are copied, without what their source
 * says of them.
 */
export function failBatch(
  ports: Omit<ProcessPorts, 'processing'>,
  { batch, stream }: OfBatch,
  reason: FailureReason,
): Promise<readonly LaneStatus[]> {
  const processing: Processing = {
    process: async ({ records }) => ({ outputs: [], failures: records.map((record) => ({ ...record, reason })) }),
  };
  return processBatch({ ...ports, processing }, { batch, stream, advanced: () => {} }, new AbortController().signal);
}
