/** Whole numbers as half-open ranges: in order, none empty, none touching the next. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** All numbers of the ranges, which may come in any order, overlap and touch. */
export function union(...ranges: Ranges): Ranges {
  const joined: [number, number][] = [];
  for (const [from, to] of ranges.filter(([from, to]) => from < to).sort(([a], [b]) => a - b)) {
    const last = joined.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

/** The numbers below `count` that the ranges leave out; they may go on beyond it. */
export function gaps(ranges: Ranges, count: number): Ranges {
  const left: [number, number][] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    if (from >= count) break;
    if (at < from) left.push([at, from]);
    at = to;
  }
  if (at < count) left.push([at, count]);
  return left;
}

export function sizeOf(ranges: Ranges): number {
  return ranges.reduce((size, [from, to]) => size + to - from, 0);
}
