import { toUSVString } from 'node:util';
import { jqFault } from './fault.ts';

export interface Token {
  readonly is: 'sign' | 'keyword' | 'name' | 'field' | 'format' | 'number' | 'string' | 'end';
  /** As it is written; of a field, a format and a string what it says. */
  readonly text: string;
  readonly at: number;
  /** Of a string: its text and, between, the tokens of what is interpolated. */
  readonly parts?: readonly (string | readonly Token[])[];
}

const KEYWORDS = new Set(
  'as import include module def if then else elif and or end reduce foreach try catch label break __loc__'.split(' '),
);

/** Longest first. White space is what jq takes for it: a carriage return is not. */
const TOKEN =
  /([ \n\t]+|#[^\r\n]*)|(\?\/\/|\/\/=|!=|==|\/\/|\|=|\+=|-=|\*=|\/=|%=|<=|>=|\.\.(?![0-9.]))|([0-9.]*[0-9][0-9.]*(?:[eE][+-]?[0-9]+)?|\.{3,})|((?:[a-zA-Z_]\w*::)*[a-zA-Z_]\w*)|\.([a-zA-Z_]\w*)|@(\w+)|([.?=;,:|+\-*/%$<>[\](){}])/y;

/** Deeper interpolation, and deeper brackets in the parser, are refused: they would exhaust the stack. */
export const NESTING_MOST = 200;

/** The tokens of a query, the last one of kind `end`. Throws a JqFault at what is none. */
export function tokensOf(query: string): readonly Token[] {
  return scan(query, 0, 0, false).tokens;
}

/** Scans to the query's end, or to the parenthesis that closes an interpolation. */
function scan(query: string, from: number, nesting: number, isInterpolation: boolean) {
  if (nesting > NESTING_MOST) throw jqFault('the query is nested too deep', query, from);
  const tokens: Token[] = [];
  let open = 0;
  let at = from;
  while (at < query.length) {
    if (query[at] === '"') {
      const string = scanString(query, at, nesting);
      tokens.push(string.token);
      at = string.end;
      continue;
    }
    const { token, end } = scanToken(query, at);
    if (isInterpolation && token?.text === ')' && token.is === 'sign' && open-- === 0) {
      return { tokens: [...tokens, { ...token, is: 'end' as const }], end };
    }
    if (token?.text === '(' && token.is === 'sign') open++;
    if (token !== undefined) tokens.push(token);
    at = end;
  }
  if (isInterpolation) throw jqFault('syntax error: an interpolation is not closed', query, from);
  return { tokens: [...tokens, { is: 'end' as const, text: 'the end', at }], end: at };
}

function scanToken(query: string, at: number): { readonly token?: Token; readonly end: number } {
  TOKEN.lastIndex = at;
  const match = TOKEN.exec(query);
  if (match === null) throw jqFault(`syntax error: unexpected ${JSON.stringify(query[at])}`, query, at);
  const [text, space, operator, number, name, field, format] = match;
  const end = TOKEN.lastIndex;
  if (space !== undefined) return { end };
  if (number !== undefined) {
    if (!/^([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(number)) {
      throw jqFault(`syntax error: invalid number ${number}`, query, at);
    }
    return { token: { is: 'number', text: number, at }, end };
  }
  if (name !== undefined) return { token: { is: KEYWORDS.has(name) ? 'keyword' : 'name', text: name, at }, end };
  if (field !== undefined) return { token: { is: 'field', text: field, at }, end };
  if (format !== undefined) return { token: { is: 'format', text: format, at }, end };
  return { token: { is: 'sign', text: operator ?? text, at }, end };
}

function scanString(query: string, from: number, nesting: number): { readonly token: Token; readonly end: number } {
  const parts: (string | readonly Token[])[] = [];
  let text = '';
  let at = from + 1;
  for (;;) {
    const char = query[at];
    if (char === undefined) throw jqFault('syntax error: a string is not closed', query, from);
    if (char === '"') break;
    if (char !== '\\') {
      text += char;
      at++;
    } else if (query[at + 1] === '(') {
      const inner = scan(query, at + 2, nesting + 1, true);
      parts.push(text, inner.tokens);
      text = '';
      at = inner.end;
    } else {
      const meant = unescaped(query, at);
      text += meant.text;
      at = meant.end;
    }
  }
  parts.push(text);
  return { token: { is: 'string', text, at: from, parts }, end: at + 1 };
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

const UNICODE = /\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})/y;

function unescaped(query: string, at: number): { readonly text: string; readonly end: number } {
  const simple = ESCAPES[query[at + 1] ?? ''];
  if (simple !== undefined) return { text: simple, end: at + 2 };
  UNICODE.lastIndex = at;
  const match = UNICODE.exec(query);
  if (match === null) throw jqFault('syntax error: invalid escape', query, at);
  const [, high, low, single] = match;
  const units = [high, low, single].filter((each) => each !== undefined).map((hex) => Number.parseInt(hex, 16));
  if (single !== undefined && /^[dD][89abAB]/.test(single)) {
    throw jqFault('syntax error: half a surrogate pair', query, at);
  }
  // A low surrogate alone is not a character.
  return { text: toUSVString(String.fromCharCode(...units)), end: UNICODE.lastIndex };
}
