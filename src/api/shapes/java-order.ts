/**
 * The orders in which AWS lists the values of an enum and the faults of a structure look arbitrary, but are those of
 * Java's hash tables: the two functions below give every order that was observed on AWS, so they stand in for those
 * that nobody has observed.
 */

const SMALLEST_TABLE = 16;

/**
 * A current java.util.HashMap (and what iterates over one): buckets of the spread hash, first in first within a bucket.
 */
export function hashMapOrder(names: readonly string[]): string[] {
  let buckets = SMALLEST_TABLE;
  while (names.length > buckets * 0.75) buckets *= 2;
  const bucketOf = (name: string) => {
    const hash = javaHash(name);
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  };
  return [...names].sort((a, b) => bucketOf(a) - bucketOf(b));
}

/** The table behind enum value sets has 32 buckets of the plain hash, last in first within a bucket. */
export function enumOrder(values: readonly string[]): string[] {
  return [...values].reverse().sort((a, b) => (javaHash(a) & 31) - (javaHash(b) & 31));
}

/** java.lang.String.hashCode. */
function javaHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
