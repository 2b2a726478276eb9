import type { RecordBlock } from '../core/records.ts';

/**
 * Where line feeds go among an object's records. `none`: Firehose puts nothing between them. `between`: what
 * AppendDelimiterToRecord does; none follows the object's last record, as observed on AWS, so that objects put together
 * fuse a line. `always` and `if-missing` are extensions of ours: behind every record, or behind those that do not end
 * in one.
 */
export type LineFeeds = 'none' | 'between' | 'always' | 'if-missing';

/** The records' bytes as one object's body. Where nothing is added each block's bytes pass as they are, uncopied. */
export async function* joinRecords(
  records: AsyncIterable<RecordBlock>,
  lineFeeds: LineFeeds,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const block of records) {
    if (lineFeeds === 'none') {
      if (block.data.length > 0) yield block.data;
    } else if (block.lengths.length > 0) {
      yield withLineFeeds(block, lineFeeds, first);
      first = false;
    }
  }
}

const LINE_FEED = 0x0a;

/** The block's bytes with line feeds; `isFirst` when no record of the object stands before it. */
function withLineFeeds({ data, lengths }: RecordBlock, lineFeeds: LineFeeds, isFirst: boolean): Uint8Array {
  const out = Buffer.allocUnsafe(data.length + lengths.length);
  let from = 0;
  let to = 0;
  for (let i = 0; i < lengths.length; i++) {
    if (lineFeeds === 'between' && (i > 0 || !isFirst)) out[to++] = LINE_FEED;
    const end = from + lengths[i]!; // i < lengths.length
    out.set(data.subarray(from, end), to);
    to += end - from;
    if (lineFeeds === 'always' || (lineFeeds === 'if-missing' && !endsInLineFeed(data, from, end))) {
      out[to++] = LINE_FEED;
    }
    from = end;
  }
  return out.subarray(0, to);
}

function endsInLineFeed(data: Uint8Array, from: number, end: number): boolean {
  return end > from && data[end - 1] === LINE_FEED;
}
