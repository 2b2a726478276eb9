import { strict as assert } from 'node:assert';
import { tooLarge } from '../../processors/lambda/halves.ts';
import type { TransformBatch, TransformOutcome, TransformOutput } from '../../processors/lambda/transform.ts';
import type { PackedOutputs, WorkerAnswer, WorkerCall } from './worker-protocol.ts';

/**
 * The batch as a call of a plain transformer. The records' bytes are copied once, side by side, into memory that goes
 * to the worker: the caller's own stays where it is, for the next attempt.
 */
export function plainCall({ stream, records }: TransformBatch): WorkerCall {
  const lengths = Uint32Array.from(records, ({ data }) => data.length);
  const bytes = lengths.reduce((sum, length) => sum + length, 0);
  const data = new Uint8Array(new ArrayBuffer(bytes));
  let at = 0;
  for (const record of records) {
    data.set(record.data, at);
    at += record.data.length;
  }
  const arrivedAt = Float64Array.from(records, (record) => record.arrivedAt);
  return { type: 'transform', streamName: stream.name, arrivedAt, lengths, data };
}

/** What a plain transformer answered, record by record; the outputs are views of what came from the worker. */
export function plainOutcomes(answer: WorkerAnswer): readonly TransformOutcome[] {
  if (answer.type === 'too-large') throw tooLarge('response');
  assert(answer.type === 'transformed');
  return unpacked(answer.outputs);
}

function unpacked({ counts, lengths, data, failures, keys }: PackedOutputs): readonly TransformOutcome[] {
  let output = 0;
  let at = 0;
  let failed = 0;
  const next = (): TransformOutput => {
    const partitionKeys = keys.get(output);
    const end = at + (lengths[output++] ?? 0);
    const bytes = data.subarray(at, end);
    at = end;
    return partitionKeys === undefined ? { data: bytes } : { data: bytes, partitionKeys };
  };
  return Array.from(counts, (count): TransformOutcome => {
    // An error of the transformer's is the record's: what ProcessingFailed says in Lambda's form.
    if (count < 0)
      return { result: 'failed', code: 'Lambda.ProcessingFailedStatus', message: failures[failed++] ?? '' };
    if (count === 0) return { result: 'Dropped' };
    return { result: 'Ok', outputs: Array.from({ length: count }, next) };
  });
}
