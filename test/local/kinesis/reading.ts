import { onTestFinished } from 'vitest';
import { sourceIngest } from '../../../src/core/ingest.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { laneKey } from '../../../src/core/lanes.ts';
import type { StreamDefinition } from '../../../src/core/streams.ts';
import { kinesisApi } from '../../../src/local/kinesis/kinesis-api.ts';
import type { KinesisClient } from '../../../src/local/kinesis/kinesis-client.ts';
import { refusal } from '../../../src/local/kinesis/kinesis-error.ts';
import { kinesisReaders } from '../../../src/local/kinesis/kinesis-readers.ts';
import type { SourceEvent } from '../../../src/local/sources/source-events.ts';
import { type StreamSources, streamSources } from '../../../src/local/sources/stream-sources.ts';
import { readAll } from '../../kit/buffer.ts';
import { memoryBuffer } from '../../kit/memory-buffer.ts';
import { memoryStreams } from '../../kit/memory-streams.ts';
import { aKinesisStream } from '../../kit/streams.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';
import { type KinesisModel, kinesisModel, type Refused } from './kinesis-model.ts';

export const START = 1_700_000_000_000;

/** The model as a client without a socket between; see client.test.ts for that. */
export function clientOf(model: KinesisModel): KinesisClient {
  return {
    async call(action: string, input: JsonObject, { signal }) {
      signal.throwIfAborted();
      try {
        return model.call(action, input);
      } catch (error) {
        const { status, type, message } = error as Refused; // the model throws nothing else
        throw refusal(action, status, JSON.stringify({ __type: type, message })).error;
      }
    },
    close() {},
  };
}

/** The real readers on a buffer in memory, a model of Kinesis, and a clock that the test moves. */
export async function reading({ budgetBytes = 1 << 30, answerRecords = 10_000, isConfigured = true } = {}) {
  const clock = virtualClock(START);
  const model = kinesisModel(clock.now, { answerRecords });
  const buffer = memoryBuffer({ budgetBytes });
  const streams = memoryStreams();
  const events: SourceEvent[] = [];
  let batches = 0;
  let sources: StreamSources | undefined;

  async function begin(): Promise<void> {
    const readers = kinesisReaders({
      api: isConfigured ? kinesisApi(clientOf(model), { endpoint: 'http://localhost' }) : undefined,
      ingest: sourceIngest({ buffer, room: buffer, grew: () => {}, now: clock.now }),
      streams,
      cursor: buffer.cursor,
      forget: async (name) => void (await buffer.commit({ cursor: { name, value: undefined } })),
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
    async create(stream: StreamDefinition = aKinesisStream()) {
      const created = { ...stream, createdAt: clock.now() };
      await streams.change(created.name, () => created);
      sources?.changed(created);
      return created;
    },
    async update(stream: StreamDefinition) {
      await streams.change(stream.name, () => stream);
      sources?.changed(stream);
    },
    /** Another process goes on where this one stopped. */
    async restart() {
      await sources?.stop();
      await begin();
    },
    /** All that came in since it was asked last, in order. */
    async taken({ id }: StreamDefinition, stage: 'deliver' | 'process' = 'deliver'): Promise<readonly string[]> {
      const batch = `batch-${++batches}`;
      const lane = laneKey({ streamId: id, stage, partition: '' });
      const sealed = await buffer.seal(lane, { id: batch, sizeBytes: Number.MAX_SAFE_INTEGER, now: clock.now() });
      if (sealed === undefined) return [];
      const records = await readAll(buffer, batch);
      await buffer.commit({ finish: batch });
      return records.map((record) => record.toString());
    },
  };
}
