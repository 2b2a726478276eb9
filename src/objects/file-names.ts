/**
 * Object keys as paths in a bucket's folder, and back. No two keys share a path, none leaves its bucket's folder, and a
 * key that Firehose would write looks on disk as it does in S3.
 *
 * - `%`, control characters and lone surrogates are escaped (`%25`, `%0A`, `%uD800`), so an unescaped `%` is always a
 *   mark of ours.
 * - Objects and folders have disjoint names, so `a` can stand beside `a/b`: a last segment that ends in a UUID and
 *   perhaps an extension (every object the service writes) is stored as it is, any other gets `%object` behind it. A
 *   folder whose segment is empty, a dot, two dots or looks like such an object gets a `%` behind it.
 * - A segment too long for a file name goes on in a subfolder of a folder that ends in `%more`.
 *
 * All this holds where file names are case-sensitive. Elsewhere keys that differ in case alone meet; those of the
 * service never do.
 */

const OBJECT_NAME = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?:\.[0-9a-z!\-_.*'()]{1,128})?$/;
const ESCAPED = /%u([0-9A-F]{4})|%([0-9A-F]{2})/g;
const ESCAPED_OR_PLAIN = /%u[0-9A-F]{4}|%[0-9A-F]{2}|./gsu;
const TO_ESCAPE = /[\u0000-\u001f\u007f%]|\p{Surrogate}/gu;

const FOLDER_MARK = '%';
const OBJECT_MARK = '%object';
const MORE_MARK = '%more';

/** Longest name most file systems take, in bytes. */
const NAME_LIMIT_BYTES = 255;
const PIECE_LIMIT_BYTES = NAME_LIMIT_BYTES - OBJECT_MARK.length;

/**
 * The key's folder names and, last, its file name. Costs at most three bytes a byte of the key, and the marks of its
 * last segment.
 */
export function pathOfKey(key: string): readonly string[] {
  const segments = key.split('/');
  const last = segments.length - 1;
  return segments.flatMap((segment, i) => segmentNames(segment, i === last));
}

/** The key whose path this is; undefined when it is no key's, such as a file somebody else put there. */
export function keyOfPath(names: readonly string[]): string | undefined {
  const last = names.length - 1;
  const key = names.map((name, i) => (i === last ? withoutMark(name, OBJECT_MARK) : folderText(name))).join('');
  const back = pathOfKey(key);
  return back.length === names.length && back.every((name, i) => name === names[i]) ? key : undefined;
}

/** Whether the name is one that `pathOfKey` gives to a file; all others are folders'. */
export function isObjectName(name: string): boolean {
  return name.endsWith(OBJECT_MARK) || OBJECT_NAME.test(name);
}

function segmentNames(segment: string, isLast: boolean): string[] {
  const pieces = cut(escaped(segment));
  const end = pieces.pop() ?? '';
  const mark = isLast ? objectMark(end) : folderMark(end);
  return [...pieces.map((piece) => piece + MORE_MARK), end + mark];
}

function objectMark(name: string): string {
  return OBJECT_NAME.test(name) ? '' : OBJECT_MARK;
}

function folderMark(name: string): string {
  const isPlain = name !== '' && name !== '.' && name !== '..' && !OBJECT_NAME.test(name);
  return isPlain ? '' : FOLDER_MARK;
}

function folderText(name: string): string {
  return name.endsWith(MORE_MARK) ? withoutMark(name, MORE_MARK) : `${withoutMark(name, FOLDER_MARK)}/`;
}

function withoutMark(name: string, mark: string): string {
  return unescaped(name.endsWith(mark) ? name.slice(0, -mark.length) : name);
}

function escaped(segment: string): string {
  return segment.replace(TO_ESCAPE, (character) => {
    const code = character.charCodeAt(0);
    const hex = code.toString(16).toUpperCase();
    return code > 0xff ? `%u${hex}` : `%${hex.padStart(2, '0')}`;
  });
}

function unescaped(name: string): string {
  return name.replace(ESCAPED, (_, wide?: string, narrow?: string) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow ?? '', 16)),
  );
}

/** In pieces that leave room for a mark, never within an escape or a character. */
function cut(text: string): string[] {
  if (Buffer.byteLength(text) <= PIECE_LIMIT_BYTES) return [text];
  const pieces: string[] = [];
  let piece = '';
  let pieceBytes = 0;
  for (const [character] of text.matchAll(ESCAPED_OR_PLAIN)) {
    const bytes = Buffer.byteLength(character);
    if (pieceBytes + bytes > PIECE_LIMIT_BYTES) {
      pieces.push(piece);
      piece = '';
      pieceBytes = 0;
    }
    piece += character;
    pieceBytes += bytes;
  }
  return [...pieces, piece];
}
