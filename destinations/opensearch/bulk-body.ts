import { isUtf8 } from 'node:buffer';
import type { BatchBlock } from '../../src/core/buffer.ts';
import type { RefusedRecord } from '../../src/core/refusals.ts';

/** How records become documents. */
export interface DocumentForm {
  readonly indexOf: (arrivedAt: number) => string;
  readonly type: string | undefined;
  /** What a document's id begins with, before the record's place in its batch; undefined: the cluster makes ids. */
  readonly idPrefix: string | undefined;
}

export interface BulkBody {
  readonly body: Buffer;
  /** The places of the records in it, in order. */
  readonly places: readonly number[];
  /** Those that are no documents. */
  readonly refused: readonly RefusedRecord[];
}

/**
 * The body of a `_bulk` request: each record on a line, behind a line that says where it goes. `index` overwrites, so
 * that a repeat with the same id leaves one document.
 *
 * Only what would break the lines, or what is plainly no object, is refused here: the cluster parses each document
 * anyway, and refuses by itself the one that it cannot. Parsing all of them twice would halve the rate.
 */
export async function bulkBody(blocks: AsyncIterable<BatchBlock>, form: DocumentForm): Promise<BulkBody> {
  const pieces: Buffer[] = [];
  const places: number[] = [];
  const refused: RefusedRecord[] = [];
  for await (const block of blocks) pieces.push(documents(block, form, { places, refused }));
  const [only] = pieces;
  return { body: pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces), places, refused };
}

const LINE_FEED = 0x0a;
const OPENING = 0x7b;
const CLOSING = 0x7d;
/** Of a place: batches have fewer than 10^10 records. */
const DIGITS_MOST = 10;

function documents(
  block: BatchBlock,
  form: DocumentForm,
  { places, refused }: { places: number[]; refused: RefusedRecord[] },
): Buffer {
  const { lengths, place } = block;
  const data = Buffer.from(block.data.buffer, block.data.byteOffset, block.data.byteLength);
  // Documents begin and end in ASCII. Where all bytes together are UTF-8, so is each of them.
  const isAllUtf8 = isUtf8(data);
  const [head, tail] = actionAround(form, block.arrivedAt);
  const out = Buffer.allocUnsafe(data.length + lengths.length * (head.length + DIGITS_MOST + tail.length + 1));
  let filled = 0;
  let offset = 0;
  let lineFeed = nextLineFeed(data, 0);
  for (const [i, length] of lengths.entries()) {
    const end = offset + length;
    const [from, to] = trimmed(data, offset, end);
    if (lineFeed < from) lineFeed = nextLineFeed(data, from);
    const isObject = to - from >= 2 && data[from] === OPENING && data[to - 1] === CLOSING;
    if (isObject && lineFeed >= to && (isAllUtf8 || isUtf8(data.subarray(from, to)))) {
      filled += head.copy(out, filled);
      if (form.idPrefix !== undefined) filled += out.write(String(place + i), filled, 'latin1');
      filled += tail.copy(out, filled);
      filled += data.copy(out, filled, from, to);
      out[filled++] = LINE_FEED;
      places.push(place + i);
    } else {
      refused.push({ index: place + i, code: 'OS.MalformedData', message: MALFORMED, retryable: false });
    }
    offset = end;
  }
  return out.subarray(0, filled);
}

/** https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html */
export const MALFORMED =
  'One or more records are malformed. Ensure that each record is single valid JSON object and that it does not contain newlines.';

/** The line before a document, but for the place in its id, which goes between the two parts. */
function actionAround({ indexOf, type, idPrefix }: DocumentForm, arrivedAt: number): readonly [Buffer, Buffer] {
  const target = { _index: indexOf(arrivedAt), ...(type !== undefined && { _type: type }) };
  if (idPrefix === undefined) return [Buffer.from(`{"index":${JSON.stringify(target)}}\n`), Buffer.alloc(0)];
  const line = JSON.stringify({ index: { ...target, _id: idPrefix } });
  const end = '"}}';
  return [Buffer.from(line.slice(0, -end.length)), Buffer.from(`${end}\n`)];
}

/** Without the white space around it; a line feed at the end is what most producers put there. */
function trimmed(data: Buffer, offset: number, end: number): readonly [number, number] {
  let [from, to] = [offset, end];
  while (from < to && isSpace(data[from])) from++;
  while (to > from && isSpace(data[to - 1])) to--;
  return [from, to];
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === LINE_FEED || byte === 0x0d || byte === 0x09;
}

function nextLineFeed(data: Buffer, from: number): number {
  const at = data.indexOf(LINE_FEED, from);
  return at === -1 ? data.length : at;
}
