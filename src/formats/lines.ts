/** A record, or the length of a line that is too long to be one. */
export type Line = { readonly record: Buffer } | { readonly tooLongBytes: number };

/** Firehose's longest record. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
export const RECORD_MOST_BYTES = 1_024_000;

const NEWLINE = 10;

/**
 * Cuts bytes into lines, each a record, with its newline or without. The last one may lack a newline in the source; it
 * gets one like the others. Holds at most `recordBytes` of a line, however long it is.
 */
export async function* lines(
  source: AsyncIterable<Buffer>,
  { recordBytes, keepsNewline }: { readonly recordBytes: number; readonly keepsNewline: boolean },
): AsyncGenerator<Line> {
  let pieces: Buffer[] = [];
  let length = 0;
  const end = Buffer.from('\n');

  const take = (piece: Buffer): void => {
    length += piece.length;
    if (length <= recordBytes) pieces.push(piece);
    else pieces = [];
  };
  const line = (): Line => {
    const cut: Line =
      length > recordBytes
        ? { tooLongBytes: length }
        : { record: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) }; // length is 1
    pieces = [];
    length = 0;
    return cut;
  };

  for await (const chunk of source) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, keepsNewline ? at + 1 : at));
      yield line();
      from = at + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (length === 0) return;
  if (keepsNewline) take(end);
  yield line();
}
