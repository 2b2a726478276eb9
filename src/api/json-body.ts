import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { serializationError } from './shapes/index.ts';

/** Firehose's deepest input has 10 levels; unknown members may nest further, but nobody needs this much. */
const NESTING_DEEPEST = 100;

/** The request's body as the JSON object it must be. Throws AWS's SerializationException. */
export function jsonObjectIn(body: Uint8Array): JsonObject {
  const value = parse(textOf(body));
  if (!isJsonObject(value)) throw serializationError('The request body is not a JSON object.');
  return value;
}

function textOf(body: Uint8Array): string {
  if (isDeeplyNested(body)) throw serializationError(`The request body nests deeper than ${NESTING_DEEPEST} levels.`);
  try {
    return utf8.decode(body);
  } catch {
    throw serializationError('The request body is not UTF-8.');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    throw serializationError('The request body is not JSON.');
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Looks at bytes, not characters: in UTF-8 no part of another character looks like a bracket or a quote. */
function isDeeplyNested(body: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!; // i < body.length
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (OPENING.has(byte) && ++depth > NESTING_DEEPEST) return true;
    else if (CLOSING.has(byte)) depth--;
  }
  return false;
}
