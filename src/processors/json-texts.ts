/**
 * The JSON objects that stand one after the other in these bytes, with or without white space between them. Undefined
 * when there is anything else (an array, a word, an object that does not close), or when there are more than `most`.
 * What is inside the braces is not looked at further than brackets and strings go.
 */
export function jsonTexts(data: Uint8Array, most: number): readonly Uint8Array[] | undefined {
  const texts: Uint8Array[] = [];
  for (let at = afterSpace(data, 0); at < data.length; at = afterSpace(data, at)) {
    const end = data[at] === OPEN_BRACE ? endOfObject(data, at) : -1;
    if (end < 0 || texts.length === most) return undefined;
    texts.push(data.subarray(at, end));
    at = end;
  }
  return texts;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function afterSpace(data: Uint8Array, from: number): number {
  let at = from;
  while (at < data.length && isSpace(data[at])) at += 1;
  return at;
}

/** JSON's four. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Behind the brace that closes the object which opens at `from`; -1 when none does. */
function endOfObject(data: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < data.length; at += 1) {
    const byte = data[at];
    if (byte === QUOTE) at = endOfString(data, at);
    else if (byte === OPEN_BRACE) depth += 1;
    else if (byte === CLOSE_BRACE) depth -= 1;
    if (at < 0) return -1;
    if (depth === 0) return at + 1;
  }
  return -1;
}

/** Where the string that opens at `from` closes; -1 when it does not. In UTF-8 no part of a character is a quote. */
function endOfString(data: Uint8Array, from: number): number {
  for (let at = from + 1; at < data.length; at += 1) {
    if (data[at] === BACKSLASH) at += 1;
    else if (data[at] === QUOTE) return at;
  }
  return -1;
}
