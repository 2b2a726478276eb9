import { onTestFinished } from 'vitest';
import { type SourceIngest, sourceIngest } from '../../../src/core/ingest.ts';
import { laneKey, type Stage } from '../../../src/core/lanes.ts';
import type { StreamDefinition, StreamStore } from '../../../src/core/streams.ts';
import type { SourceEvent } from '../../../src/local/sources/source-events.ts';
import { type OpenReader, type StreamSources, streamSources } from '../../../src/local/sources/stream-sources.ts';
import { readAll } from '../../kit/buffer.ts';
import { memoryBuffer } from '../../kit/memory-buffer.ts';
import { memoryStreams } from '../../kit/memory-streams.ts';
import type { VirtualClock } from '../../kit/virtual-clock.ts';

/** What readers of every kind are given. */
export interface ReadersPorts extends Pick<VirtualClock, 'now' | 'alarm'> {
  readonly ingest: SourceIngest;
  readonly streams: StreamStore;
  readonly cursor: (name: string) => string | undefined;
  readonly keep: (name: string, value: string | undefined) => Promise<void>;
  readonly random: () => number;
  readonly report: (event: SourceEvent) => void;
}

export interface ReadingOptions {
  readonly clock: VirtualClock;
  readonly budgetBytes: number;
}

/** Real readers on a buffer in memory, and a clock that the test moves. */
export async function readingWith(
  { clock, budgetBytes }: ReadingOptions,
  readersOf: (ports: ReadersPorts) => OpenReader,
) {
  const { now, alarm } = clock;
  const buffer = memoryBuffer({ budgetBytes });
  const streams = memoryStreams();
  const events: SourceEvent[] = [];
  let batches = 0;
  let sources: StreamSources | undefined;

  async function begin(): Promise<void> {
    const readers = readersOf({
      ...{ now, alarm, streams },
      ingest: sourceIngest({ buffer, room: buffer, grew: () => {}, now }),
      cursor: buffer.cursor,
      keep: async (name, value) => void (await buffer.commit({ cursor: { name, value } })),
      random: () => 0.5,
      report: (event) => events.push(event),
    });
    sources = streamSources(streams, [readers]);
    await sources.start();
  }

  await begin();
  onTestFinished(async () => sources?.stop());

  async function update(stream: StreamDefinition): Promise<void> {
    await streams.change(stream.name, () => stream);
    sources?.changed(stream);
  }

  return {
    ...clock,
    buffer,
    events,
    sources: () => sources!, // begin() has made it
    update,
    async create(stream: StreamDefinition) {
      const created = { ...stream, createdAt: now(), activeAt: now() };
      await update(created);
      return created;
    },
    /** Another process goes on where this one stopped. */
    async restart() {
      await sources?.stop();
      await begin();
    },
    /** All that came in since it was asked last, in order. */
    async taken({ id }: StreamDefinition, stage: Stage = 'deliver', partition = ''): Promise<readonly string[]> {
      const batch = `batch-${++batches}`;
      const lane = laneKey({ streamId: id, stage, partition });
      const sealed = await buffer.seal(lane, { id: batch, sizeBytes: Number.MAX_SAFE_INTEGER, now: now() });
      if (sealed === undefined) return [];
      const records = await readAll(buffer, batch);
      await buffer.commit({ finish: batch });
      return records.map((record) => record.toString());
    },
  };
}
