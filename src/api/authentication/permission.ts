import type { AccessKey } from './keys.ts';

/** Whether the key may be used for the action, with this stream or, without a name, with all there are. */
export function permits(key: AccessKey, action: string, streamName: string | undefined): boolean {
  return (
    matches(key.actions, action) &&
    (streamName === undefined ? key.streams.includes('*') : matches(key.streams, streamName))
  );
}

function matches(patterns: readonly string[], text: string): boolean {
  return patterns.some((pattern) => isLike(text, pattern));
}

/**
 * Whether the text is like the pattern, in which `*` is any characters and `?` is any one. Not by a regular expression:
 * many stars in one would take exponential time.
 */
export function isLike(text: string, pattern: string): boolean {
  let at = 0;
  let next = 0;
  let star = -1;
  let resumeAt = 0;
  while (at < text.length) {
    if (pattern[next] === '*') {
      star = next++;
      resumeAt = at;
    } else if (pattern[next] === '?' || pattern[next] === text[at]) {
      next++;
      at++;
    } else if (star < 0) {
      return false;
    } else {
      // The last star takes one character more.
      next = star + 1;
      at = ++resumeAt;
    }
  }
  while (pattern[next] === '*') next++;
  return next === pattern.length;
}
