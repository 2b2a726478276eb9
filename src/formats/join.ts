import type { RecordBlock } from '../core/records.ts';

/**
 * The records' bytes as one object's body. Firehose puts nothing between records, so without a delimiter each block's
 * bytes pass as they are, uncopied. With one (AppendDelimiterToRecord gives a line feed) it stands between records
 * and not after the object's last: observed on AWS, where objects put together therefore fuse a line.
 */
export async function* joinRecords(
  records: AsyncIterable<RecordBlock>,
  delimiter?: Uint8Array,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const block of records) {
    if (delimiter === undefined) {
      if (block.data.length > 0) yield block.data;
    } else if (block.lengths.length > 0) {
      yield delimited(block, delimiter, first);
      first = false;
    }
  }
}

/** The block's bytes with the delimiter before each record, save the object's first. */
function delimited(block: RecordBlock, delimiter: Uint8Array, isFirst: boolean): Uint8Array {
  const { data, lengths } = block;
  const delimiters = isFirst ? lengths.length - 1 : lengths.length;
  const out = Buffer.allocUnsafe(data.length + delimiters * delimiter.length);
  let from = 0;
  let to = 0;
  for (let i = 0; i < lengths.length; i++) {
    if (i > 0 || !isFirst) {
      out.set(delimiter, to);
      to += delimiter.length;
    }
    const end = from + lengths[i]!; // i < lengths.length
    out.set(data.subarray(from, end), to);
    to += end - from;
    from = end;
  }
  return out;
}
