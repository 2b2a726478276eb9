import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rotatedIndex } from '../../src/formats/index-names.ts';

describe('an index', () => {
  it.each([
    ['NoRotation', 'myindex'],
    ['OneHour', 'myindex-2016-02-25-13'],
    ['OneDay', 'myindex-2016-02-25'],
    ['OneWeek', 'myindex-2016-w08'],
    ['OneMonth', 'myindex-2016-02'],
  ] as const)("rotates by %s as in AWS's guide", (rotation, index) => {
    expect(rotatedIndex('myindex', rotation, Date.UTC(2016, 1, 25, 13))).toBe(index);
  });

  it.each([
    ['2016-01-02T23:59:59.999Z', '2015-w52'],
    ['2016-01-03T00:00:00Z', '2016-w01'],
    ['2016-02-27T23:59:59.999Z', '2016-w08'],
    ['2016-02-28T00:00:00Z', '2016-w09'],
    ['2016-12-31T12:00:00Z', '2016-w52'],
    ['2017-01-01T00:00:00Z', '2017-w01'],
    ['2017-12-31T00:00:00Z', '2017-w53'],
    ['2018-01-06T00:00:00Z', '2017-w53'],
  ])('of a week: %s is in %s', (time, week) => {
    expect(rotatedIndex('i', 'OneWeek', Date.parse(time))).toBe(`i-${week}`);
  });

  it('of a week holds the days from one Sunday to the next, and no others', () => {
    const DAY_MS = 86_400_000;
    const sundays = fc.integer({ min: 0, max: 5_000 }).map((weeks) => Date.UTC(1970, 0, 4) + weeks * 7 * DAY_MS);
    fc.assert(
      fc.property(sundays, fc.integer({ min: 0, max: 7 * DAY_MS - 1 }), (sunday, within) => {
        const index = rotatedIndex('i', 'OneWeek', sunday);
        expect(rotatedIndex('i', 'OneWeek', sunday + within)).toBe(index);
        expect(rotatedIndex('i', 'OneWeek', sunday - 1)).not.toBe(index);
      }),
    );
  });
});
