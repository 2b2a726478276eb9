import type { JsonObject } from '../../src/core/json.ts';
import type { StreamDefinition } from '../../src/core/streams.ts';
import { type KinesisApi, kinesisApi } from '../../src/local/kinesis/kinesis-api.ts';
import type { Random } from '../kit/random.ts';
import { type KinesisModel, kinesisModel, refused } from '../local/kinesis/kinesis-model.ts';
import { clientOf } from '../local/kinesis/reading.ts';
import { packed } from '../sources/packed.ts';

/** A Kinesis stream for each delivery stream, whose shards split and merge, and which refuses in every way. */
export interface SimulatedKinesis {
  readonly api: KinesisApi;
  /** The delivery stream, fed from a Kinesis stream of its own. */
  feeding(stream: StreamDefinition): StreamDefinition;
  /** Puts some records, made for the shards they go to; some are packed. Now and then shards split or merge before. */
  put(stream: StreamDefinition, text: (shardId: string) => string): readonly string[];
  heal(): void;
}

const REFUSALS = [
  'ExpiredIteratorException',
  'InternalFailureException',
  'ProvisionedThroughputExceededException',
] as const;
const ANSWER_RECORDS = 3;
const SHARDS_MOST = 4;

export function simulatedKinesis(random: Random, now: () => number): SimulatedKinesis {
  const streams = new Map<string, { readonly model: KinesisModel; open: string[] }>();
  let isHealed = false;

  /** Kinesis streams are named for the delivery streams' ids. */
  const ofName = (name: string) => streams.get(name)!; // feeding() made it
  const apiOf = ({ name }: { readonly name: string }) =>
    kinesisApi(clientOf(ofName(name).model), { endpoint: 'http://k' });

  function reshard(stream: ReturnType<typeof ofName>): void {
    const { model, open } = stream;
    const [one, other, ...rest] = open;
    if (one === undefined) return;
    if (other === undefined || (open.length < SHARDS_MOST && random.chance(0.5))) {
      stream.open = [...open.slice(1), ...model.split(one)];
    } else {
      stream.open = [...rest, model.merge(one, other)];
    }
  }

  return {
    api: {
      shards: (stream, signal) => apiOf(stream).shards(stream, signal),
      iterator: (stream, place, signal) => apiOf(stream).iterator(stream, place, signal),
      read: (stream, place, signal) => apiOf(stream).read(stream, place, signal),
    },

    feeding(stream) {
      if (streams.has(stream.id)) return stream;
      const model = kinesisModel(now, { answerRecords: ANSWER_RECORDS });
      model.before = () => {
        if (!isHealed && random.chance(0.2)) throw refused(random.pick(REFUSALS));
      };
      streams.set(stream.id, { model, open: [model.addShard()] });
      const source: JsonObject = { KinesisStreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream.id}` };
      return { ...stream, source: { KinesisStreamSourceConfiguration: source } };
    },

    put({ id }, text) {
      const stream = ofName(id);
      if (random.chance(0.2)) reshard(stream);
      const put: string[] = [];
      for (let i = random.below(4); i >= 0; i--) {
        const shard = random.pick(stream.open);
        const texts = Array.from({ length: 1 + random.below(3) }, () => text(shard));
        if (random.chance(0.5))
          stream.model.put(
            shard,
            packed(
              ['k'],
              texts.map((data) => ({ key: 0, data })),
            ),
          );
        else stream.model.put(shard, ...texts);
        put.push(...texts);
      }
      return put;
    },

    heal() {
      isHealed = true;
    },
  };
}
