import { onTestFinished } from 'vitest';
import { sourceIngest } from '../../../src/core/ingest.ts';
import { laneKey, type Stage } from '../../../src/core/lanes.ts';
import type { StreamDefinition } from '../../../src/core/streams.ts';
import { kafkaReaders } from '../../../src/local/kafka/kafka-readers.ts';
import type { SourceEvent } from '../../../src/local/sources/source-events.ts';
import { type StreamSources, streamSources } from '../../../src/local/sources/stream-sources.ts';
import { readAll } from '../../kit/buffer.ts';
import { memoryBuffer } from '../../kit/memory-buffer.ts';
import { memoryStreams } from '../../kit/memory-streams.ts';
import { anMskStream } from '../../kit/streams.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';
import { kafkaModel } from './kafka-model.ts';

const START = 1_700_000_000_000;

/** The real readers on a buffer in memory, a model of a cluster, and a clock that the test moves. */
export async function reading({ budgetBytes = 1 << 30, answerRecords = 1_000, isConfigured = true } = {}) {
  const clock = virtualClock(START, 60);
  const model = kafkaModel(clock.now, { answerRecords });
  const buffer = memoryBuffer({ budgetBytes });
  const streams = memoryStreams();
  const events: SourceEvent[] = [];
  let batches = 0;
  let sources: StreamSources | undefined;

  async function begin(): Promise<void> {
    const readers = kafkaReaders({
      cluster: () => (isConfigured ? model.api : undefined),
      ingest: sourceIngest({ buffer, room: buffer, grew: () => {}, now: clock.now }),
      streams,
      cursor: buffer.cursor,
      keep: async (name, value) => void (await buffer.commit({ cursor: { name, value } })),
      now: clock.now,
      alarm: clock.alarm,
      random: () => 0.5,
      report: (event) => events.push(event),
    });
    sources = streamSources(streams, [readers]);
    await sources.start();
  }

  await begin();
  onTestFinished(async () => sources?.stop());

  return {
    ...clock,
    model,
    buffer,
    events,
    sources: () => sources!, // begin() has made it
    async create(stream: StreamDefinition = anMskStream()) {
      const created = { ...stream, createdAt: clock.now(), activeAt: clock.now() };
      await streams.change(created.name, () => created);
      sources?.changed(created);
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
      const sealed = await buffer.seal(lane, { id: batch, sizeBytes: Number.MAX_SAFE_INTEGER, now: clock.now() });
      if (sealed === undefined) return [];
      const records = await readAll(buffer, batch);
      await buffer.commit({ finish: batch });
      return records.map((record) => record.toString());
    },
  };
}
