import { jqFault } from './fault.ts';
import { NESTING_MOST, type Token } from './tokens.ts';

/** Walks over tokens. All of it throws a JqFault at a token that must not stand where it stands. */
export interface Reader {
  readonly query: string;
  peek(): Token;
  take(): Token;
  /** Whether the next token is this sign or keyword. */
  sees(text: string): boolean;
  /** Takes the next token if it is this sign or keyword. */
  skip(text: string): boolean;
  expect(text: string): Token;
  expectName(): Token;
  unexpected(): never;
  /** The same for what is interpolated in a string. */
  within(tokens: readonly Token[]): Reader;
  /** Runs `parse` one bracket deeper. */
  deeper<T>(parse: () => T): T;
}

export function readerOf(query: string, tokens: readonly Token[], depth = 0): Reader {
  let next = 0;
  let nesting = depth;
  const peek = (): Token => tokens[Math.min(next, tokens.length - 1)]!; // The last is the end.
  const sees = (text: string): boolean => {
    const { is, text: found } = peek();
    return found === text && (is === 'sign' || is === 'keyword');
  };
  const take = (): Token => {
    const token = peek();
    next++;
    return token;
  };
  const unexpected = (): never => {
    const { is, text, at } = peek();
    throw jqFault(`syntax error: unexpected ${is === 'string' ? 'string' : text}`, query, at);
  };
  const skip = (text: string): boolean => {
    const found = sees(text);
    if (found) next++;
    return found;
  };
  return {
    query,
    peek,
    take,
    sees,
    skip,
    unexpected,
    expect: (text) => (sees(text) ? take() : unexpected()),
    expectName: () => (peek().is === 'name' ? take() : unexpected()),
    within: (inner) => readerOf(query, inner, nesting),
    deeper: (parse) => {
      if (++nesting > NESTING_MOST) throw jqFault('the query is nested too deep', query, peek().at);
      const parsed = parse();
      nesting--;
      return parsed;
    },
  };
}
