/**
 * One record's text as a tape of cells, in the order of the text: what is where, found in one pass without making a
 * string or an object of anything. Values are read off the text later and only where a column wants them, so a number
 * keeps all its digits and an undeclared key costs no more than its scan.
 *
 * A cell is four numbers: kind, start and end of its text (strings without their quotes), and the place of the cell
 * behind it and everything inside it. An object's cells are key, value, key, value, …
 */
export interface JsonTape {
  /** Replaced when it is outgrown: take it anew after each `read`. */
  cells: Int32Array;
  /** In numbers, four a cell. */
  length: number;
}

export const CELL = 4;

export type Kind = number;
export const OBJECT = 1;
export const ARRAY = 2;
export const STRING = 3;
/** A string with backslashes in it. */
export const ESCAPED = 4;
/** Digits and perhaps a minus. */
export const INTEGER = 5;
/** A number with a fraction or an exponent. */
export const FRACTION = 6;
export const TRUE = 7;
export const FALSE = 8;
export const NULL = 9;

/** Why a record cannot be converted; code as of Firehose's error records. */
export interface Malformed {
  readonly code: string;
  readonly message: string;
}

/** Far deeper than any table, far from the end of the stack. The depth at which AWS refuses is not known. */
const DEPTH_MOST = 256;

/** Firehose's own limit for a key, in characters; here in bytes of UTF-8, of which there are never fewer. */
const KEY_BYTES_MOST = 262_144;

const PARSE_ERROR = 'DataFormatConversion.ParseError';
export const MALFORMED_DATA = 'DataFormatConversion.MalformedData';

/** What may stand in a string as it is: everything but the quote, the backslash and control characters. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte !== 0x22 && byte !== 0x5c ? 1 : 0));
const SPACE = Uint8Array.from({ length: 256 }, (_, byte) => (' \t\n\r'.includes(String.fromCharCode(byte)) ? 1 : 0));
const ESCAPE = Uint8Array.from({ length: 256 }, (_, byte) =>
  '"\\/bfnrtu'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** No position: something was wrong and is noted. */
const WRONG = -1;

/**
 * A tape, and a reader that winds it anew for each record: strict JSON (RFC 8259), except that several values may
 * stand one behind the other. The bytes must be UTF-8 already. Gives what is wrong, or undefined.
 */
export function jsonReader(): {
  readonly tape: JsonTape;
  readonly read: (bytes: Uint8Array, start: number, end: number) => Malformed | undefined;
} {
  const tape: JsonTape = { cells: new Int32Array(1024), length: 0 };
  let text: Uint8Array = new Uint8Array();
  let from = 0;
  let to = 0;
  let problem: Malformed | undefined;

  function wrong(code: string, message: string): number {
    problem = { code, message };
    return WRONG;
  }

  function unexpected(at: number, wanted: string): number {
    const found = at >= to ? 'the end' : printed(text[at]!); // at < to
    return wrong(
      PARSE_ERROR,
      `Encountered malformed JSON. Found ${found} where ${wanted} should be, at byte ${at - from}.`,
    );
  }

  function cell(kind: Kind, start: number, end: number): void {
    const place = tape.length;
    if (place + CELL > tape.cells.length) tape.cells = grown(tape.cells);
    const { cells } = tape;
    cells[place] = kind;
    cells[place + 1] = start;
    cells[place + 2] = end;
    cells[place + 3] = place + CELL;
    tape.length = place + CELL;
  }

  function space(at: number): number {
    let next = at;
    while (next < to && SPACE[text[next]!] === 1) next++; // next < to
    return next;
  }

  function value(at: number, depth: number): number {
    if (at >= to) return unexpected(at, 'a value');
    const first = text[at]!; // at < to
    if (first === QUOTE) return string(at);
    if (first === OPEN_BRACE) return container(at, depth, OBJECT);
    if (first === OPEN_BRACKET) return container(at, depth, ARRAY);
    if (first === MINUS || (first >= ZERO && first <= NINE)) return number(at);
    if (first === 0x74) return word(at, 'true', TRUE);
    if (first === 0x66) return word(at, 'false', FALSE);
    if (first === 0x6e) return word(at, 'null', NULL);
    return unexpected(at, 'a value');
  }

  function container(at: number, depth: number, kind: Kind): number {
    if (depth >= DEPTH_MOST) {
      return wrong(MALFORMED_DATA, `The record is nested more than ${DEPTH_MOST} levels deep.`);
    }
    const place = tape.length;
    cell(kind, at, at);
    const close = kind === OBJECT ? CLOSE_BRACE : CLOSE_BRACKET;
    let next = space(at + 1);
    if (next < to && text[next] === close) return ended(place, next + 1);
    // Each turn passes at least one byte of the record.
    while (true) {
      if (kind === OBJECT) {
        next = key(next);
        if (next === WRONG) return WRONG;
      }
      next = value(next, depth + 1);
      if (next === WRONG) return WRONG;
      next = space(next);
      if (next < to && text[next] === COMMA) next = space(next + 1);
      else if (next < to && text[next] === close) return ended(place, next + 1);
      else return unexpected(next, kind === OBJECT ? 'a comma or }' : 'a comma or ]');
    }
  }

  function ended(place: number, end: number): number {
    tape.cells[place + 2] = end;
    tape.cells[place + 3] = tape.length;
    return end;
  }

  /** A key and its colon; gives where its value begins. */
  function key(at: number): number {
    if (at >= to || text[at] !== QUOTE) return unexpected(at, 'a key');
    let next = string(at);
    if (next === WRONG) return WRONG;
    if (next - at - 2 > KEY_BYTES_MOST) {
      return wrong(MALFORMED_DATA, `A key is longer than ${KEY_BYTES_MOST} characters.`);
    }
    next = space(next);
    if (next >= to || text[next] !== COLON) return unexpected(next, 'a colon');
    return space(next + 1);
  }

  function string(at: number): number {
    let kind = STRING;
    let next = at + 1;
    // Each turn passes at least one byte of the record.
    while (true) {
      while (next < to && PLAIN[text[next]!] === 1) next++; // next < to
      if (next >= to) return unexpected(next, 'the end of a string');
      const byte = text[next];
      if (byte === QUOTE) break;
      if (byte !== BACKSLASH) {
        return wrong(MALFORMED_DATA, `A string holds the control character ${printed(byte!)} at byte ${next - from}.`);
      }
      kind = ESCAPED;
      next = escaped(next + 1);
      if (next === WRONG) return WRONG;
    }
    cell(kind, at + 1, next);
    return next + 1;
  }

  function escaped(at: number): number {
    if (at >= to || ESCAPE[text[at]!] !== 1) return unexpected(at, 'an escape');
    if (text[at] !== 0x75) return at + 1;
    for (let digit = at + 1; digit <= at + 4; digit++) {
      if (digit >= to || !isHex(text[digit]!)) return unexpected(digit, 'a hexadecimal digit');
    }
    return at + 5;
  }

  function number(at: number): number {
    let kind = INTEGER;
    let next = text[at] === MINUS ? at + 1 : at;
    const leading = next;
    next = digits(next);
    if (next === leading) return unexpected(next, 'a digit');
    if (text[leading] === ZERO && next > leading + 1) return unexpected(leading + 1, 'a number without leading zeros');
    if (next < to && text[next] === 0x2e) {
      kind = FRACTION;
      const fraction = next + 1;
      next = digits(fraction);
      if (next === fraction) return unexpected(next, 'a digit');
    }
    if (next < to && (text[next]! | 0x20) === 0x65) {
      kind = FRACTION;
      next++;
      if (next < to && (text[next] === MINUS || text[next] === 0x2b)) next++;
      const exponent = next;
      next = digits(exponent);
      if (next === exponent) return unexpected(next, 'a digit');
    }
    cell(kind, at, next);
    return next;
  }

  function digits(at: number): number {
    let next = at;
    while (next < to && text[next]! >= ZERO && text[next]! <= NINE) next++; // next < to
    return next;
  }

  function word(at: number, wanted: string, kind: Kind): number {
    for (let i = 0; i < wanted.length; i++) {
      if (at + i >= to || text[at + i] !== wanted.charCodeAt(i)) return unexpected(at + i, wanted);
    }
    cell(kind, at, at + wanted.length);
    return at + wanted.length;
  }

  function read(bytes: Uint8Array, start: number, end: number): Malformed | undefined {
    text = bytes;
    from = start;
    to = end;
    tape.length = 0;
    problem = undefined;
    let at = space(start);
    while (at < to && at !== WRONG) {
      at = value(at, 0);
      if (at !== WRONG) at = space(at);
    }
    return problem;
  }

  return { tape, read };
}

function grown(cells: Int32Array): Int32Array {
  const larger = new Int32Array(cells.length * 2);
  larger.set(cells);
  return larger;
}

function isHex(byte: number): boolean {
  return (byte >= ZERO && byte <= NINE) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
}

function printed(byte: number): string {
  return byte > 0x20 && byte < 0x7f ? `'${String.fromCharCode(byte)}'` : `0x${byte.toString(16).padStart(2, '0')}`;
}
