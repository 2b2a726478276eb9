import { ApiError } from '../../core/errors.ts';
import type { Tag } from '../../core/streams.ts';
import { TAGS_MOST } from '../shapes/tags.ts';

/**
 * Tags in byte order of their keys; a key given again, or twice in one call, has its last value. Throws when they are
 * too many.
 */
export function mergeTags(current: readonly Tag[], given: readonly Tag[]): readonly Tag[] {
  const byKey = new Map([...current, ...given].map((tag) => [tag.Key, tag]));
  if (byKey.size > TAGS_MOST) {
    // AWS's wording was not observed.
    const message = `A delivery stream can have at most ${TAGS_MOST} tags; with these it would have ${byKey.size}.`;
    throw new ApiError('LimitExceededException', message);
  }
  return [...byKey.values()].sort((a, b) => compareKeys(a.Key, b.Key));
}

/** Strings compare by UTF-16 units, which is another order than that of bytes. */
export function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
