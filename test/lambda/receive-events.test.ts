import { describe, expect, it } from 'vitest';
import type { ReadObject } from '../../src/objects/s3-reader.ts';
import { sourceStreams } from '../../src/sources/source-streams.ts';
import { aKinesisStream, aStream } from '../kit/streams.ts';
import { documented } from '../sources/events.ts';
import { deployment } from './deployment.ts';

const QUEUE = 'arn:aws:sqs:us-east-2:123456789012:my-queue';
const INTERVAL_MS = 61_000;

async function sourced(sources: object, read: ReadObject = async () => undefined) {
  const streams = [aStream({ name: 'clicks' }), aKinesisStream({ name: 'fed' })];
  const functions = await deployment({ streams });
  const targetOf = sourceStreams(JSON.stringify(sources), 'HYDRANT_SOURCES');
  return {
    ...functions,
    source: (event: Parameters<ReturnType<typeof functions.container>['source']>[0]) =>
      functions.container().source(event, { targetOf, read }),
  };
}

describe('the function for sources', () => {
  it('has messages of a queue delivered when their interval is over', async () => {
    const { source, run, delivered } = await sourced({ [QUEUE]: 'clicks' });

    expect(await source(documented('sqs'))).toEqual({ batchItemFailures: [] });
    await run(INTERVAL_MS);

    expect(await delivered()).toEqual(['Test message.Test message.']);
  });

  it('has the lines of an object delivered', async () => {
    async function* object(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('one\ntwo');
    }
    const asked: object[] = [];
    const { source, run, delivered } = await sourced({ 'arn:aws:s3:::DOC-EXAMPLE-BUCKET': 'clicks' }, async (at) => {
      asked.push(at);
      return object();
    });

    await source(documented('s3'));
    await run(INTERVAL_MS);

    expect(await delivered()).toEqual(['one', 'two']);
    expect(asked).toMatchObject([{ bucket: 'DOC-EXAMPLE-BUCKET', key: 'b21b84d653bb07b05b1e6b33684dc11b' }]);
  });

  it.each(['nobody', 'fed'])('leaves messages in their queue that are for the stream %s, and says so', async (name) => {
    const { source, logged } = await sourced({ [QUEUE]: name });

    expect(await source(documented('sqs'))).toEqual({
      batchItemFailures: [
        { itemIdentifier: '059f36b4-87a3-44ab-83d2-661975830a7d' },
        { itemIdentifier: '2e1424d4-f796-459a-8184-9c92662be6da' },
      ],
    });
    expect(logged.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  it('refuses an event that is of nobody, and then AWS tries again', async () => {
    const { source } = await sourced({});

    await expect(source(documented('eventbridge'))).rejects.toMatchObject({ code: 'InvalidSourceException' });
  });
});
