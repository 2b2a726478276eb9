import { ingest } from '../../../src/core/ingest.ts';
import { laneKey } from '../../../src/core/lanes.ts';
import type { StreamDefinition } from '../../../src/core/streams.ts';
import { readAll } from '../../kit/buffer.ts';
import { memoryBuffer } from '../../kit/memory-buffer.ts';

const NOW = 1_700_000_000_000;

/** The real way into a buffer in memory, which outlives whoever puts into it. */
export function taking({ budgetBytes = 1 << 30 } = {}) {
  const buffer = memoryBuffer({ budgetBytes });
  let batches = 0;
  return {
    buffer,
    now: () => NOW,
    ingest: ingest({ buffer, room: buffer, grew: () => {} }),
    /** All that came in since it was asked last, in order. */
    async taken({ id }: StreamDefinition): Promise<readonly string[]> {
      const batch = `batch-${++batches}`;
      const lane = laneKey({ streamId: id, stage: 'deliver', partition: '' });
      const sealed = await buffer.seal(lane, { id: batch, sizeBytes: Number.MAX_SAFE_INTEGER, now: NOW });
      if (sealed === undefined) return [];
      const records = await readAll(buffer, batch);
      await buffer.commit({ finish: batch });
      return records.map((record) => record.toString());
    },
  };
}
