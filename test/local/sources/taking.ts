import { ingest, sourceIngest } from '../../../src/core/ingest.ts';
import { laneKey } from '../../../src/core/lanes.ts';
import type { StreamDefinition, StreamStore } from '../../../src/core/streams.ts';
import type { OtherSourcesPorts } from '../../../src/local/sources/other-sources.ts';
import { readAll } from '../../kit/buffer.ts';
import { memoryBuffer } from '../../kit/memory-buffer.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';

const NOW = 1_700_000_000_000;

/** The real way into a buffer in memory, which outlives whoever puts into it. */
export function taking({ budgetBytes = 1 << 30 } = {}) {
  const buffer = memoryBuffer({ budgetBytes });
  const clock = virtualClock(NOW);
  const ports = { buffer, room: buffer, grew: () => {}, now: clock.now };
  const take = ingest(ports);
  let batches = 0;
  return {
    buffer,
    clock,
    ingest: take,
    /** What the ways into its streams are made of, short of what is beyond the machine. */
    ports: ({
      streams,
      warnings,
    }: {
      readonly streams: StreamStore;
      readonly warnings: object[];
    }): OtherSourcesPorts => {
      const warn = (fields: object) => void warnings.push({ fields });
      return {
        context: {
          ...{ streams, now: clock.now, warn: (_, fields) => warn(fields) },
          settings: { accountId: '123456789012', defaultRegion: 'us-east-1' },
        },
        isKeyRequired: async () => false,
        ingest: take,
        cursor: buffer.cursor,
        expectRoom: sourceIngest(ports).expectRoom,
        fetched: async () => '',
        read: async () => undefined,
        alarm: clock.alarm,
        random: () => 0.5,
        log: { debug: () => {}, info: () => {}, warn, error: warn },
      };
    },
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
