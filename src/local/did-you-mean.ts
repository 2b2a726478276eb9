/** Longer names are not measured: they are no one's typing mistake, and the measure is quadratic. */
const LONGEST_NAME = 64;

/**
 * ` Did you mean 'port'?` for a name that is nearly one of the known, else nothing: to be put at the end of a message.
 */
export function didYouMean(name: string, known: Iterable<string>): string {
  let best: string | undefined;
  let fewest = Math.min(3, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= fewest) continue;
    best = candidate;
    fewest = edits;
  }
  return best === undefined ? '' : ` Did you mean '${best}'?`;
}

/** Levenshtein's distance: how many characters must be inserted, removed or replaced to make one the other. */
function editsBetween(a: string, b: string): number {
  if (a.length > LONGEST_NAME || b.length > LONGEST_NAME) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      // Every index is within the rows, which are b.length + 1 long.
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, replaced));
    }
    row = next;
  }
  return row[b.length]!; // the row is b.length + 1 long
}
