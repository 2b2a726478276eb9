/** What one change of the buffer takes in. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** What a record takes beside its bytes: most lines are short. */
const RECORD_BYTES = 64;

/**
 * Records in pieces that one change of the buffer takes in, made as they are taken. The same records are always cut the
 * same way. A piece has one record at least, however large.
 */
export async function* piecesOf(
  records: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<readonly Uint8Array[]> {
  let piece: Uint8Array[] = [];
  let bytes = 0;
  for await (const record of records) {
    const size = record.length + RECORD_BYTES;
    if (piece.length > 0 && bytes + size > PIECE_BYTES) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push(record);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}
