import { jqFault } from './fault.ts';
import type { Reader } from './reader.ts';
import { IDENTITY, type Node, NULL, type ObjectEntry } from './syntax.ts';

type Parse = (reader: Reader) => Node;

/** A term with what is appended to it: `.a[0]?.b`. The grammar of jq 1.6: `if`, `reduce` and the like are no terms. */
export function parseTerm(reader: Reader, parseExpression: Parse): Node {
  let term = parsePrimary(reader, parseExpression);
  for (;;) {
    const suffixed = parseSuffix(reader, term, parseExpression);
    if (suffixed === undefined) return term;
    term = suffixed;
  }
}

function parseSuffix(reader: Reader, of: Node, parseExpression: Parse): Node | undefined {
  if (reader.peek().is === 'field') return indexed(reader, of, { is: 'literal', value: reader.take().text });
  if (reader.sees('.')) {
    reader.take();
    return indexed(reader, of, parseString(reader, parseExpression));
  }
  if (!reader.skip('[')) return undefined;
  return reader.deeper(() => parseBracket(reader, of, parseExpression));
}

function indexed(reader: Reader, of: Node, key: Node): Node {
  return { is: 'index', of, key, isOptional: reader.skip('?') };
}

function parseBracket(reader: Reader, of: Node, parseExpression: Parse): Node {
  if (reader.skip(']')) return { is: 'iterate', of, isOptional: reader.skip('?') };
  if (reader.skip(':')) return parseSliceEnd(reader, of, NULL, parseExpression);
  const key = parseExpression(reader);
  if (reader.skip(':')) return parseSliceEnd(reader, of, key, parseExpression);
  reader.expect(']');
  return indexed(reader, of, key);
}

function parseSliceEnd(reader: Reader, of: Node, from: Node, parseExpression: Parse): Node {
  const to = from !== NULL && reader.sees(']') ? NULL : parseExpression(reader);
  reader.expect(']');
  return { is: 'slice', of, from, to, isOptional: reader.skip('?') };
}

function parsePrimary(reader: Reader, parseExpression: Parse): Node {
  const { is, text, at } = reader.peek();
  if (is === 'string' || is === 'format') return parseText(reader, parseExpression);
  if (is === 'end') return reader.unexpected();
  reader.take();
  if (is === 'field') return indexed(reader, IDENTITY, { is: 'literal', value: text });
  if (is === 'number') return { is: 'literal', value: Number(text) };
  if (is === 'name') return parseName(reader, text, at, parseExpression);
  switch (text) {
    case '.':
      return reader.peek().is === 'string' || reader.peek().is === 'format'
        ? indexed(reader, IDENTITY, parseString(reader, parseExpression))
        : IDENTITY;
    case '..':
      return { is: 'call', name: 'recurse', args: [], at };
    case '(':
      return reader.deeper(() => closed(reader, parseExpression(reader), ')'));
    case '[':
      if (reader.skip(']')) return { is: 'array', of: undefined };
      return reader.deeper(() => ({ is: 'array', of: closed(reader, parseExpression(reader), ']') }));
    case '{':
      return reader.deeper(() => parseObject(reader, parseExpression));
    case '$':
      if (reader.skip('__loc__')) {
        const line = reader.query.slice(0, at).split('\n').length;
        return { is: 'literal', value: { file: '<top-level>', line } };
      }
      return { is: 'variable', name: reader.expectName().text, at };
    case 'break':
      reader.expect('$');
      return { is: 'break', name: reader.expectName().text, at };
    case 'import':
    case 'include':
    case 'module':
      throw jqFault(`${text} is not supported: there are no modules`, reader.query, at);
  }
  throw jqFault(`syntax error: unexpected ${text}`, reader.query, at);
}

function closed(reader: Reader, node: Node, by: string): Node {
  reader.expect(by);
  return node;
}

const CONSTANTS = new Map<string, Node>([
  ['null', NULL],
  ['true', { is: 'literal', value: true }],
  ['false', { is: 'literal', value: false }],
]);

function parseName(reader: Reader, name: string, at: number, parseExpression: Parse): Node {
  if (!reader.skip('(')) return CONSTANTS.get(name) ?? { is: 'call', name, args: [], at };
  return reader.deeper(() => {
    const args = [parseExpression(reader)];
    while (reader.skip(';')) args.push(parseExpression(reader));
    reader.expect(')');
    return { is: 'call', name, args, at };
  });
}

/** A format before a string formats what is interpolated; alone it formats its input. */
function parseText(reader: Reader, parseExpression: Parse): Node {
  if (reader.peek().is !== 'format') return parseString(reader, parseExpression);
  const name = reader.take().text;
  return reader.peek().is === 'string' ? parseParts(reader, name, parseExpression) : { is: 'format', name };
}

/** A string, with or without a format. */
export function parseString(reader: Reader, parseExpression: Parse): Node {
  const format = reader.peek().is === 'format' ? reader.take().text : 'text';
  return parseParts(reader, format, parseExpression);
}

function parseParts(reader: Reader, format: string, parseExpression: Parse): Node {
  if (reader.peek().is !== 'string') return reader.unexpected();
  const parts = reader.take().parts ?? [];
  if (parts.length === 1 && typeof parts[0] === 'string') return { is: 'literal', value: parts[0] };
  return {
    is: 'text',
    format,
    parts: parts.map((part) => {
      if (typeof part === 'string') return part;
      const inner = reader.within(part);
      const node = parseExpression(inner);
      return inner.peek().is === 'end' ? node : inner.unexpected();
    }),
  };
}

function parseObject(reader: Reader, parseExpression: Parse): Node {
  const entries: ObjectEntry[] = [];
  while (!reader.skip('}')) {
    entries.push(parseEntry(reader, parseExpression));
    if (!reader.sees('}')) reader.expect(',');
  }
  return { is: 'object', entries };
}

function parseEntry(reader: Reader, parseExpression: Parse): ObjectEntry {
  const { is, text, at } = reader.peek();
  if (is === 'string' || is === 'format') {
    const key = parseString(reader, parseExpression);
    return { key, value: reader.skip(':') ? parseValue(reader, parseExpression) : undefined };
  }
  reader.take();
  if (is === 'name' || is === 'keyword') {
    const key: Node = { is: 'literal', value: text };
    if (reader.skip(':')) return { key, value: parseValue(reader, parseExpression) };
    if (is === 'keyword') reader.expect(':');
    return { key, value: { is: 'index', of: IDENTITY, key, isOptional: false } };
  }
  if (is === 'sign' && text === '$') {
    const name = reader.expectName().text;
    return { key: { is: 'literal', value: name }, value: { is: 'variable', name, at } };
  }
  if (is === 'sign' && text === '(') {
    const key = reader.deeper(() => closed(reader, parseExpression(reader), ')'));
    if (key.is === 'literal' && typeof key.value !== 'string') {
      throw jqFault(`Cannot use ${JSON.stringify(key.value)} as object key`, reader.query, at);
    }
    reader.expect(':');
    return { key, value: parseValue(reader, parseExpression) };
  }
  throw jqFault(`syntax error: unexpected ${text}`, reader.query, at);
}

/** Of the operators only `|` and the minus sign may stand in a member's value without parentheses. */
function parseValue(reader: Reader, parseExpression: Parse): Node {
  const left = parseNegated(reader, parseExpression);
  return reader.skip('|') ? { is: 'pipe', left, right: parseValue(reader, parseExpression) } : left;
}

function parseNegated(reader: Reader, parseExpression: Parse): Node {
  if (!reader.skip('-')) return parseTerm(reader, parseExpression);
  return reader.deeper(() => ({ is: 'negate', of: parseNegated(reader, parseExpression) }));
}
