import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalHeaders,
  canonicalPath,
  canonicalQuery,
  parametersIn,
} from '../../../src/api/authentication/canonical.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const escaped = (each: string): string => encodeURIComponent(each);

describe('a query', () => {
  const parameters = fc.array(
    fc.tuple(
      text.filter((name) => name !== 'X-Amz-Signature'),
      text,
    ),
    { maxLength: 6 },
  );
  const queryOf = (each: readonly (readonly [string, string])[]): string =>
    each.map(([name, value]) => `${escaped(name)}=${escaped(value)}`).join('&');

  it('is the same in whatever order its parameters are, and signed once or twice', () => {
    fc.assert(
      fc.property(parameters, (each) => {
        const canonical = canonicalQuery(queryOf(each));

        expect(canonicalQuery(queryOf([...each].reverse()))).toBe(canonical);
        expect(canonicalQuery(canonical)).toBe(canonical);
        expect(canonicalQuery([canonical, 'X-Amz-Signature=00'].filter((part) => part !== '').join('&'))).toBe(
          canonical,
        );
      }),
    );
  });

  it('keeps every name and value', () => {
    const byText = (a: readonly string[], b: readonly string[]): number => (a.join('\0') < b.join('\0') ? -1 : 1);

    fc.assert(
      fc.property(parameters, (each) => {
        const read = parametersIn(canonicalQuery(queryOf(each))).map((pair) => [...pair]);

        expect(read.sort(byText)).toEqual(each.map((pair) => [...pair]).sort(byText));
      }),
    );
  });

  it('is in the order of bytes, of the names first', () => {
    expect(canonicalQuery('b=1&a-=2&a=3&a=10&%C3%A4=4&B=5')).toBe('%C3%A4=4&B=5&a=10&a=3&a-=2&b=1');
  });
});

describe('a path', () => {
  it('is escaped once more than it is, and the same with what leads nowhere', () => {
    expect(canonicalPath('/prod/a%20b')).toBe('/prod/a%2520b');
    expect(canonicalPath('/prod/')).toBe('/prod/');
    expect(canonicalPath('/x/..//prod/./')).toBe('/prod/');
    expect(canonicalPath('')).toBe('/');
  });

  it('is never above the root, nor has another number of segments than it names', () => {
    const segment = text.map((each) => each.replace(/[/.]/g, '_')).filter((each) => each !== '');

    fc.assert(
      fc.property(fc.array(segment, { maxLength: 5 }), fc.nat(5), (segments, above) => {
        const canonical = canonicalPath(`/${'../'.repeat(above)}${segments.join('/')}`);

        expect(
          canonical
            .slice(1)
            .split('/')
            .filter((each) => each !== ''),
        ).toEqual(segments.map(escapedStrictly));
      }),
    );
  });
});

function escapedStrictly(each: string): string {
  return escaped(each).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

describe('a header', () => {
  it('has the blanks of its name and none around', () => {
    expect(canonicalHeaders({ a: '  x  \t y ', b: ['1 ', ' 2,3'] }, ['a', 'b', 'c'])).toBe('a:x y\nb:1,2,3\nc:\n');
  });

  it('keeps what is a blank to others, but not to HTTP', () => {
    expect(canonicalHeaders({ a: '\u00a0x\u2003' }, ['a'])).toBe('a:\u00a0x\u2003\n');
  });
});
