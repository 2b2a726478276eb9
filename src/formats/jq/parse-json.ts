import { toUSVString } from 'node:util';
import type { JsonValue } from '../../core/json.ts';
import { raised } from './errors.ts';
import { makes } from './meter.ts';
import { type Draft, setMember } from './values.ts';

/** jq 1.6 reads no deeper. */
const PARSE_DEPTH_MOST = 256;

/**
 * Reads JSON as jq does: JSON.parse where the two agree, and else token by token, for what jq takes beyond JSON
 * (numbers such as `01`, `nan`) and for its messages.
 */
export function parseJson(text: string): JsonValue {
  makes(text.length);
  // Half a surrogate pair and deep nesting are errors to jq only.
  if (text !== '' && !text.includes('\\u') && !isDeep(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // Whatever is wrong, jq says it in its own words, if it is wrong for jq.
    }
  }
  return parseSlowly(text);
}

function isDeep(text: string): boolean {
  let open = 0;
  for (let at = 0; at < text.length && open <= PARSE_DEPTH_MOST; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x5b || unit === 0x7b) open++;
  }
  return open > PARSE_DEPTH_MOST;
}

type Open = { readonly is: 'array'; readonly values: JsonValue[] } | OpenObject;
interface OpenObject {
  readonly is: 'object';
  readonly draft: Draft;
  key: string | undefined;
}

/** A value that waits for what comes after it, or nothing. */
type Waiting = { readonly value: JsonValue } | undefined;

function parseSlowly(text: string): JsonValue {
  const stack: Open[] = [];
  let next: Waiting;
  let done: Waiting;
  let token = '';
  let at = 0;
  const fail = (what: string): never => {
    throw raised(`${what} at ${position(text, at)} (while parsing '${text}')`);
  };
  const give = (value: JsonValue): void => {
    if (next !== undefined) fail('Expected separator between values');
    next = { value };
  };
  const literal = (): void => {
    if (token === '') return;
    const value = literalValue(token);
    if (value === undefined)
      fail(/^[tfn]/.test(token) && token !== 'nan' ? 'Invalid literal' : 'Invalid numeric literal');
    else give(value);
    token = '';
  };
  const finish = (): void => {
    if (stack.length > 0 || next === undefined) return;
    if (done !== undefined) throw raised(`Unexpected extra JSON values (while parsing '${text}')`);
    done = next;
    next = undefined;
  };
  while (at < text.length) {
    const char = text.charAt(at++);
    if (char === '"' || ' \t\r\n[]{},:'.includes(char)) {
      literal();
      finish();
      if (char === '"') {
        const from = at;
        at = stringEnd(text, from);
        give(unescaped(text.slice(from, at - 1), fail));
      } else if ('[]{},:'.includes(char)) next = structure(char, stack, next, fail);
      finish();
    } else token += char;
  }
  const atEnd = (what: string): never => {
    throw raised(`${what} at EOF at ${position(text, text.length)} (while parsing '${text}')`);
  };
  if (token !== '' && literalValue(token) === undefined) {
    atEnd(/^[tfn]/.test(token) && token !== 'nan' ? 'Invalid literal' : 'Invalid numeric literal');
  }
  literal();
  if (stack.length > 0) atEnd('Unfinished JSON term');
  finish();
  if (done === undefined) throw raised(`Expected JSON value (while parsing '${text}')`);
  return done.value;
}

/** jq counts bytes, from the last newline. */
function position(text: string, end: number): string {
  const lines = text.slice(0, end).split('\n');
  return `line ${lines.length}, column ${Buffer.byteLength(lines.at(-1) ?? '')}`;
}

function literalValue(token: string): JsonValue | undefined {
  if (token === 'true') return true;
  if (token === 'false') return false;
  if (token === 'null') return null;
  if (/^[-+]?nan$/i.test(token)) return Number.NaN;
  if (/^[-+]?inf(inity)?$/i.test(token)) return token.startsWith('-') ? -Infinity : Infinity;
  return /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?$/i.test(token) ? Number(token) : undefined;
}

function structure(char: string, stack: Open[], next: Waiting, fail: (what: string) => never): Waiting {
  const top = stack.at(-1);
  switch (char) {
    case '[':
    case '{':
      if (stack.length >= PARSE_DEPTH_MOST) fail('Exceeds depth limit for parsing');
      if (next !== undefined) fail('Expected separator between values');
      stack.push(char === '[' ? { is: 'array', values: [] } : { is: 'object', draft: {}, key: undefined });
      return undefined;
    case ':':
      if (next === undefined) return fail("Expected string key before ':'");
      if (top?.is !== 'object' || top.key !== undefined) return fail("':' not as part of an object");
      if (typeof next.value !== 'string') return fail('Object keys must be strings');
      top.key = next.value;
      return undefined;
    case ',':
      if (next === undefined) return fail("Expected value before ','");
      if (top === undefined) return fail("',' not as part of an object or array");
      put(top, next.value, fail);
      return undefined;
  }
  return close(char, stack, next, fail);
}

function close(char: string, stack: Open[], next: Waiting, fail: (what: string) => never): Waiting {
  const top = stack.at(-1);
  if (char === ']') {
    if (top?.is !== 'array') return fail("Unmatched ']'");
    if (next === undefined && top.values.length > 0) fail('Expected another array element');
  } else {
    if (top === undefined) return fail("Unmatched '}'");
    if (next !== undefined && (top.is !== 'object' || top.key === undefined)) {
      return fail('Objects must consist of key:value pairs');
    }
    if (top.is !== 'object' || (next === undefined && top.key !== undefined)) return fail("Unmatched '}'");
    if (next === undefined && Object.keys(top.draft).length > 0) fail('Expected another key-value pair');
  }
  if (next !== undefined) put(top, next.value, fail);
  stack.pop();
  return { value: top.is === 'array' ? top.values : top.draft };
}

function put(top: Open, value: JsonValue, fail: (what: string) => never): void {
  if (top.is === 'array') top.values.push(value);
  else if (top.key === undefined) fail('Objects must consist of key:value pairs');
  else {
    setMember(top.draft, top.key, value);
    top.key = undefined;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Behind the quote that closes a string. */
function stringEnd(text: string, from: number): number {
  const closed = /(?:[^"\\]|\\[\s\S])*"/y;
  closed.lastIndex = from;
  if (closed.test(text)) return closed.lastIndex;
  throw raised(`Unfinished string at EOF at ${position(text, text.length)} (while parsing '${text}')`);
}

/** jq looks at what is in a string when it is closed. */
function unescaped(text: string, fail: (what: string) => never): string {
  const value = text.replace(/\\(?:u([\s\S]{0,4})|([\s\S]))|[\u0001-\u001e]/g, (_, hex, char) => {
    if (hex !== undefined) {
      if (hex.length < 4) fail('Invalid \\uXXXX escape');
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) fail('Invalid characters in \\uXXXX escape');
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const meant = char === undefined ? undefined : ESCAPES[char];
    if (meant !== undefined) return meant;
    const control = 'Invalid string: control characters from U+0000 through U+001F must be escaped';
    return fail(char === undefined ? control : 'Invalid escape');
  });
  if (/[\ud800-\udbff](?![\udc00-\udfff])/.test(value)) fail('Invalid \\uXXXX\\uXXXX surrogate pair escape');
  return toUSVString(value);
}
