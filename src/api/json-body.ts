import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { serializationError } from './shapes/index.ts';

/** Firehose's deepest input has 10 levels; unknown members may nest further, but nobody needs this much. */
const NESTING_DEEPEST = 100;

/**
 * A full PutRecordBatch has a thousand values, and nobody describes a stream in tens of thousands. A body of `{},{},`
 * can have five million, and fits into 16 KB of gzip: it would keep the service from everything else for seconds.
 */
const VALUES_MOST = 50_000;

/** The request's body as the JSON object it must be. Throws AWS's SerializationException. */
export function jsonObjectIn(body: Uint8Array): JsonObject {
  const value = parse(textOf(body));
  if (!isJsonObject(value)) throw serializationError('The request body is not a JSON object.');
  return value;
}

function textOf(body: Uint8Array): string {
  checkStructure(body);
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
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Refuses what JSON.parse would take too long for. Looks at bytes, not characters: in UTF-8 no part of another
 * character looks like a bracket, a comma or a quote.
 */
function checkStructure(body: Uint8Array): void {
  let depth = 0;
  // Every value comes after the body's start, a bracket or a comma.
  let values = 1;
  let inString = false;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!; // i < body.length
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === COMMA) values++;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
      values++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    if (depth > NESTING_DEEPEST) throw tooMuch(`nests deeper than ${NESTING_DEEPEST} levels`);
    if (values > VALUES_MOST) throw tooMuch(`has more than ${VALUES_MOST} values`);
  }
}

function tooMuch(what: string): Error {
  return serializationError(`The request body ${what}.`);
}
