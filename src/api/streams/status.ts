import type { StreamDefinition } from '../../core/streams.ts';

/** A stream's status as Describe names it; `GONE` once it is as if it had never been. */
export type StreamStatus = 'CREATING' | 'ACTIVE' | 'DELETING' | 'GONE';

export function statusOf(stream: StreamDefinition, now: number): StreamStatus {
  if (stream.goneAt !== undefined) return stream.goneAt <= now ? 'GONE' : 'DELETING';
  return stream.activeAt <= now ? 'ACTIVE' : 'CREATING';
}
