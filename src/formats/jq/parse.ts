import { jqFault } from './fault.ts';
import { parsePatterns } from './parse-pattern.ts';
import { parseTerm } from './parse-term.ts';
import { type Reader, readerOf } from './reader.ts';
import { type Definition, IDENTITY, type Node, type Operator } from './syntax.ts';
import { tokensOf } from './tokens.ts';

/** Parses a query by the grammar of jq 1.6. Throws a JqFault that says where it is wrong. */
export function parseQuery(query: string): Node {
  const reader = readerOf(query, tokensOf(query));
  if (reader.peek().is === 'end') return IDENTITY;
  const node = parseDefinitionsAnd(reader, () =>
    reader.peek().is === 'end' ? IDENTITY : parseExpression(reader, LOOSEST),
  );
  return reader.peek().is === 'end' ? node : reader.unexpected();
}

/** Definitions only, as in a library. */
export function parseDefinitions(query: string): readonly Definition[] {
  const reader = readerOf(query, tokensOf(query));
  const definitions: Definition[] = [];
  while (reader.peek().is !== 'end') definitions.push(parseDefinition(reader));
  return definitions;
}

/** A query may end after its definitions; an expression may not. */
function parseDefinitionsAnd(reader: Reader, parseRest: () => Node): Node {
  if (!reader.sees('def')) return parseRest();
  const definition = parseDefinition(reader);
  return reader.deeper(() => ({ is: 'def', definition, rest: parseDefinitionsAnd(reader, parseRest) }));
}

interface Level {
  readonly binds: number;
  readonly associates: 'left' | 'right' | 'not';
}

const LOOSEST = 0;
/** Tighter than every binary operator: the operand of `try`, and what `?` stands after. */
const TIGHTEST = 9;

/** Loosest first, as the grammar has them. */
const LEVELS: readonly (readonly [Level['associates'], readonly string[]])[] = [
  ['right', ['|']],
  ['left', [',']],
  ['right', ['//']],
  ['not', ['=', '|=', '+=', '-=', '*=', '/=', '%=', '//=']],
  ['left', ['or']],
  ['left', ['and']],
  ['not', ['==', '!=', '<', '<=', '>', '>=']],
  ['left', ['+', '-']],
  ['left', ['*', '/', '%']],
];
const OPERATORS = new Map<string, Level>(
  LEVELS.flatMap(([associates, signs], binds) => signs.map((sign) => [sign, { binds, associates }] as const)),
);
const UNARY_MINUS_BINDS = 7;

const parseWhole = (reader: Reader): Node => parseExpression(reader, LOOSEST);

/** Precedence climbing: takes operators that bind at least as tight as `least`. */
function parseExpression(reader: Reader, least: number): Node {
  let left = parsePrefixed(reader);
  let tooLoose = TIGHTEST;
  for (;;) {
    if (reader.skip('?')) {
      left = { is: 'try', body: left, handler: undefined };
      continue;
    }
    const { is, text } = reader.peek();
    const level = is === 'sign' || is === 'keyword' ? OPERATORS.get(text) : undefined;
    if (level === undefined || level.binds < least) return left;
    // `1 == 1 == 1` and `.a = .b = 1` are syntax errors.
    if (level.associates === 'not' && tooLoose === level.binds) return reader.unexpected();
    const { at } = reader.take();
    const inner = level.associates === 'right' ? level.binds : level.binds + 1;
    const right = reader.deeper(() => parseExpression(reader, inner));
    left = combined(reader.query, text, left, right, at);
    tooLoose = level.binds;
  }
}

function parsePrefixed(reader: Reader): Node {
  if (reader.sees('def')) return parseDefinitionsAnd(reader, () => parseWhole(reader));
  if (reader.skip('if')) return reader.deeper(() => parseIf(reader));
  if (reader.skip('try')) return reader.deeper(() => parseTry(reader));
  if (reader.skip('reduce')) return reader.deeper(() => parseReduce(reader));
  if (reader.skip('foreach')) return reader.deeper(() => parseForeach(reader));
  if (reader.skip('label')) {
    reader.expect('$');
    const name = reader.expectName().text;
    reader.expect('|');
    return reader.deeper(() => ({ is: 'label', name, body: parseWhole(reader) }));
  }
  if (reader.skip('-')) {
    return reader.deeper(() => ({ is: 'negate', of: parseExpression(reader, UNARY_MINUS_BINDS + 1) }));
  }
  const term = parseTerm(reader, parseWhole);
  if (!reader.skip('as')) return term;
  const patterns = parsePatterns(reader, parseWhole);
  reader.expect('|');
  return reader.deeper(() => ({ is: 'as', source: term, patterns, body: parseWhole(reader) }));
}

function parseIf(reader: Reader): Node {
  const condition = parseWhole(reader);
  reader.expect('then');
  const then = parseWhole(reader);
  // In jq 1.6 an `if` without `else` is a syntax error.
  if (reader.skip('elif')) return { is: 'if', condition, then, otherwise: reader.deeper(() => parseIf(reader)) };
  reader.expect('else');
  const otherwise = parseWhole(reader);
  reader.expect('end');
  return { is: 'if', condition, then, otherwise };
}

/** The operand of `try` takes no operator, and a `?` after it is about the whole. */
function parseTry(reader: Reader): Node {
  const body = parsePrefixed(reader);
  return { is: 'try', body, handler: reader.skip('catch') ? parsePrefixed(reader) : undefined };
}

function parseReduce(reader: Reader): Node {
  const source = parseTerm(reader, parseWhole);
  reader.expect('as');
  const patterns = parsePatterns(reader, parseWhole);
  reader.expect('(');
  const init = parseWhole(reader);
  reader.expect(';');
  const update = parseWhole(reader);
  reader.expect(')');
  return { is: 'reduce', source, patterns, init, update };
}

function parseForeach(reader: Reader): Node {
  const source = parseTerm(reader, parseWhole);
  reader.expect('as');
  const patterns = parsePatterns(reader, parseWhole);
  reader.expect('(');
  const init = parseWhole(reader);
  reader.expect(';');
  const update = parseWhole(reader);
  const extract = reader.skip(';') ? parseWhole(reader) : IDENTITY;
  reader.expect(')');
  return { is: 'foreach', source, patterns, init, update, extract };
}

function parseDefinition(reader: Reader): Definition {
  reader.expect('def');
  const name = reader.expectName().text;
  const params: string[] = [];
  const variables: string[] = [];
  if (reader.skip('(')) {
    do {
      const isVariable = reader.skip('$');
      const param = reader.expectName().text;
      params.push(param);
      if (isVariable) variables.push(param);
    } while (reader.skip(';'));
    reader.expect(')');
  }
  const { at } = reader.expect(':');
  const body = reader.deeper(() => parseWhole(reader));
  reader.expect(';');
  // `def f($a): …` is `def f(a): a as $a | …`.
  const bound = variables.reduceRight<Node>(
    (rest, variable) => ({
      is: 'as',
      source: { is: 'call', name: variable, args: [], at },
      patterns: [{ is: 'variable', name: variable }],
      body: rest,
    }),
    body,
  );
  return { name, params, body: bound };
}

function combined(query: string, sign: string, left: Node, right: Node, at: number): Node {
  switch (sign) {
    case '|':
      return { is: 'pipe', left, right };
    case ',':
      return { is: 'comma', left, right };
    case 'and':
    case 'or':
      return { is: sign, left, right };
    case '//':
      return { is: 'alternative', left, right };
    case '=':
      return { is: 'assign', left, right };
    case '|=':
      return { is: 'update', left, right };
    case '//=':
      return { is: 'update-alternative', left, right };
    case '+=':
    case '-=':
    case '*=':
    case '/=':
    case '%=':
      return { is: 'update-operator', operator: operatorOf(sign.slice(0, -1)), left, right };
  }
  if (sign === '/' && isNumber(left) && right.is === 'literal' && right.value === 0) {
    throw jqFault('Division by zero?', query, at);
  }
  return { is: 'operator', operator: operatorOf(sign), left, right };
}

const isNumber = (node: Node): boolean => node.is === 'literal' && typeof node.value === 'number';

function operatorOf(sign: string): Operator {
  return sign as Operator; // The table of levels holds no other sign that comes here.
}
