import { type InferredTable, inference } from '../formats/conversion/inference.ts';

/** A line of sample records, or the length of one that is too long to be a record. */
type Sample = { readonly record: Buffer } | { readonly tooLongBytes: number };

export interface InferenceReport {
  /** After each record. */
  readonly learnt: (sofar: { readonly records: number; readonly bytes: number }) => void;
  /** Nothing can be learnt from this line, counted from 1. */
  readonly fault: (line: number, reason: string) => void;
}

/** The table that sample records fit; blank lines are none. */
export async function inferTable(
  samples: AsyncIterable<Sample>,
  { learnt, fault }: InferenceReport,
): Promise<InferredTable & { readonly records: number }> {
  const { learn, table } = inference();
  let [line, records, bytes] = [0, 0, 0];
  for await (const sample of samples) {
    line++;
    if ('tooLongBytes' in sample) {
      fault(line, `It has ${sample.tooLongBytes} bytes, more than a record may have.`);
      continue;
    }
    bytes += sample.record.length;
    if (/^\s*$/.test(sample.record.toString('latin1', 0, BLANK_LONGEST))) continue;
    const reason = learn(sample.record);
    if (reason !== undefined) fault(line, reason);
    else learnt({ records: ++records, bytes });
  }
  return { ...table(), records };
}

const BLANK_LONGEST = 1_024;
