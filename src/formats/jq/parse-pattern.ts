import { jqFault } from './fault.ts';
import { parseString } from './parse-term.ts';
import type { Reader } from './reader.ts';
import type { Node, Pattern, PatternEntry } from './syntax.ts';

type Parse = (reader: Reader) => Node;

/** What stands after `as`: one pattern, or several with `?//` between, of which the first that fits is taken. */
export function parsePatterns(reader: Reader, parseExpression: Parse): readonly Pattern[] {
  const patterns = [parsePattern(reader, parseExpression)];
  while (reader.skip('?//')) patterns.push(parsePattern(reader, parseExpression));
  return patterns;
}

function parsePattern(reader: Reader, parseExpression: Parse): Pattern {
  if (reader.skip('$')) return { is: 'variable', name: reader.expectName().text };
  if (reader.skip('[')) {
    return reader.deeper(() => {
      const of = [parsePattern(reader, parseExpression)];
      while (reader.skip(',')) of.push(parsePattern(reader, parseExpression));
      reader.expect(']');
      return { is: 'array', of };
    });
  }
  reader.expect('{');
  return reader.deeper(() => {
    const entries = [parseEntry(reader, parseExpression)];
    while (reader.skip(',')) entries.push(parseEntry(reader, parseExpression));
    reader.expect('}');
    return { is: 'object', entries };
  });
}

function parseEntry(reader: Reader, parseExpression: Parse): PatternEntry {
  if (reader.skip('$')) {
    const variable = reader.expectName().text;
    const pattern = reader.skip(':') ? parsePattern(reader, parseExpression) : undefined;
    return { key: { is: 'literal', value: variable }, variable, pattern };
  }
  const key = parseKey(reader, parseExpression);
  reader.expect(':');
  return { key, variable: undefined, pattern: parsePattern(reader, parseExpression) };
}

function parseKey(reader: Reader, parseExpression: Parse): Node {
  const { is, at } = reader.peek();
  if (is === 'string' || is === 'format') return parseString(reader, parseExpression);
  if (is === 'name' || is === 'keyword') return { is: 'literal', value: reader.take().text };
  reader.expect('(');
  const key = reader.deeper(() => parseExpression(reader));
  reader.expect(')');
  if (key.is === 'literal' && typeof key.value !== 'string') {
    throw jqFault(`Cannot use ${JSON.stringify(key.value)} as object key`, reader.query, at);
  }
  return key;
}
