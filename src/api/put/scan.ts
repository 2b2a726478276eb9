import { decodeLatin1Base64, NOT_BASE64 } from '../../formats/base64.ts';
import { BATCH_BYTES_MOST, BATCH_RECORDS_MOST, RECORD_BYTES_MOST } from './limits.ts';
import type { Put, PutKind } from './put.ts';

/**
 * The fast way to read a put: one strict walk over the body's bytes, records decoded straight into the memory that is
 * then written to disk. It reads three bodies while JSON.parse and `Buffer.from(…, 'base64')` read one.
 *
 * It knows the grammar of a put and nothing else: one object with the two members in either order, JSON's white space
 * anywhere, plain names, plain base64. Whatever is different in any way (an unknown or repeated member, an escape,
 * `null`, a byte beyond ASCII, a value over its limit) makes it give up, and the caller reads the body again with
 * JSON.parse, which finds out whether it was wrong or only unusual. So the scan never has to explain a fault, and a
 * test holds the two ways to the same answer for every body.
 *
 * `into` must have room for `scanRoom(body)` bytes; the put's data is a view of it.
 */
export function scanPut(body: Buffer, kind: PutKind, into: Buffer): Put | undefined {
  const walk: Walk = { body, at: 0, into, filled: 0, count: 0 };
  let streamName: string | undefined;
  let hasRecords = false;
  if (!take(walk, OPEN_BRACE)) return undefined;
  do {
    if (takeWord(walk, STREAM_NAME)) {
      streamName = takeStreamName(walk);
      if (streamName === undefined) return undefined;
    } else if (!hasRecords && takeWord(walk, kind === 'one' ? RECORD : RECORDS)) {
      hasRecords = kind === 'one' ? takeRecord(walk) : takeRecords(walk);
      if (!hasRecords) return undefined;
    } else {
      return undefined;
    }
  } while (take(walk, COMMA));
  if (streamName === undefined || !hasRecords || !take(walk, CLOSE_BRACE) || !isAtEnd(walk)) return undefined;
  return { streamName, data: into.subarray(0, walk.filled), lengths: lengthsSoFar.slice(0, walk.count) };
}

/** How many bytes a body's records can come to at most. */
export function scanRoom(body: Uint8Array): number {
  return Math.min(Math.ceil(body.length / 4) * 3, BATCH_BYTES_MOST);
}

interface Walk {
  readonly body: Buffer;
  at: number;
  readonly into: Buffer;
  filled: number;
  count: number;
}

/** The lengths of the records of the walk under way; shared, because a walk is never interrupted. */
const lengthsSoFar = new Uint32Array(BATCH_RECORDS_MOST);

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const STREAM_NAME = Buffer.from('"DeliveryStreamName"');
const RECORD = Buffer.from('"Record"');
const RECORDS = Buffer.from('"Records"');
const DATA = Buffer.from('"Data"');

/** The service model's length and pattern. */
const PLAIN_STREAM_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;
const STREAM_NAME_CHARACTERS_MOST = 64;

function takeStreamName(walk: Walk): string | undefined {
  if (!take(walk, COLON) || !take(walk, QUOTE)) return undefined;
  const end = walk.body.indexOf(QUOTE, walk.at);
  if (end < 0 || end - walk.at > STREAM_NAME_CHARACTERS_MOST) return undefined;
  const name = walk.body.toString('latin1', walk.at, end);
  walk.at = end + 1;
  return PLAIN_STREAM_NAME.test(name) ? name : undefined;
}

function takeRecords(walk: Walk): boolean {
  if (!take(walk, COLON) || !take(walk, OPEN_BRACKET)) return false;
  do {
    if (walk.count === BATCH_RECORDS_MOST || !takeRecordObject(walk)) return false;
  } while (take(walk, COMMA));
  return take(walk, CLOSE_BRACKET);
}

function takeRecord(walk: Walk): boolean {
  return take(walk, COLON) && takeRecordObject(walk);
}

function takeRecordObject(walk: Walk): boolean {
  if (!take(walk, OPEN_BRACE) || !takeWord(walk, DATA) || !take(walk, COLON) || !take(walk, QUOTE)) return false;
  const end = walk.body.indexOf(QUOTE, walk.at);
  if (end < 0 || !fits(walk, end - walk.at)) return false;
  // An escape cannot hide in here: a backslash is not base64, so a string that does not end at this quote is given up
  // on.
  const text = walk.body.toString('latin1', walk.at, end);
  const length = decodeLatin1Base64(text, walk.into, walk.filled);
  if (length === NOT_BASE64 || length > RECORD_BYTES_MOST) return false;
  lengthsSoFar[walk.count] = length;
  walk.count += 1;
  walk.filled += length;
  walk.at = end + 1;
  return take(walk, CLOSE_BRACE);
}

/**
 * Whether so much text surely decodes within the space that is left. It errs, by two bytes at most, towards giving up.
 */
function fits(walk: Walk, textLength: number): boolean {
  const length = (textLength / 4) * 3;
  return length - 2 <= RECORD_BYTES_MOST && walk.filled + length <= Math.min(walk.into.length, BATCH_BYTES_MOST);
}

/** Takes this byte, white space before it, if it is next. */
function take(walk: Walk, byte: number): boolean {
  const at = afterSpace(walk);
  if (walk.body[at] !== byte) return false;
  walk.at = at + 1;
  return true;
}

/** Takes a member's name, quotes included and white space before it, if it is next. */
function takeWord(walk: Walk, word: Buffer): boolean {
  const at = afterSpace(walk);
  for (let i = 0; i < word.length; i++) if (walk.body[at + i] !== word[i]) return false;
  walk.at = at + word.length;
  return true;
}

function isAtEnd(walk: Walk): boolean {
  return afterSpace(walk) === walk.body.length;
}

function afterSpace({ body, at }: Walk): number {
  let next = at;
  while (isSpace(body[next])) next += 1;
  return next;
}

/** JSON's four. */
function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
