import type { JsonObject } from '../../../src/core/json.ts';
import type { StreamDefinition } from '../../../src/core/streams.ts';
import { kinesisApi } from '../../../src/local/kinesis/kinesis-api.ts';
import type { KinesisClient } from '../../../src/local/kinesis/kinesis-client.ts';
import { refusal } from '../../../src/local/kinesis/kinesis-error.ts';
import { kinesisReaders } from '../../../src/local/kinesis/kinesis-readers.ts';
import { aKinesisStream } from '../../kit/streams.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';
import { readingWith } from '../sources/reading.ts';
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

/** The real readers on a model of Kinesis. */
export async function reading({ budgetBytes = 1 << 30, answerRecords = 10_000, isConfigured = true } = {}) {
  const clock = virtualClock(START);
  const model = kinesisModel(clock.now, { answerRecords });
  const own = await readingWith({ clock, budgetBytes }, (ports) =>
    kinesisReaders({
      ...ports,
      api: isConfigured ? kinesisApi(clientOf(model), { endpoint: 'http://localhost' }) : undefined,
      forget: (name) => ports.keep(name, undefined),
    }),
  );
  return { ...own, model, create: (stream: StreamDefinition = aKinesisStream()) => own.create(stream) };
}
