import { describe, expect, it } from 'vitest';
import { DeliveryError } from '../../src/core/errors.ts';
import { sourceIngest } from '../../src/core/ingest.ts';
import { recordBlock } from '../../src/core/records.ts';
import { carriesMetadata, metadataOf, withMetadata } from '../../src/core/source-metadata.ts';
import { processors } from '../../src/processors/index.ts';
import type { Transform, TransformBatch } from '../../src/processors/lambda/transform.ts';
import { aKinesisStream, anMskStream, aStream } from '../kit/streams.ts';
import { world } from '../kit/world.ts';

const LAMBDA = {
  ProcessingConfiguration: {
    Enabled: true,
    Processors: [
      {
        Type: 'Lambda',
        Parameters: Object.entries({
          LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
          NumberOfRetries: '0',
          BufferSizeInMBs: '1',
          BufferIntervalInSeconds: '0',
        }).map(([ParameterName, ParameterValue]) => ({ ParameterName, ParameterValue })),
      },
    ],
  },
};
const CURSOR = { name: 'idevents/shard-1', value: '7' };

/** A record that its source took in half a minute before the world began. */
function aRecord(text: string, arrivedAt = 970_000) {
  const metadata = { shardId: 'shard-1', sequenceNumber: '7', approximateArrivalTimestamp: arrivedAt };
  return { arrivedAt, data: Buffer.from(text), metadata };
}

async function sourced(stream = aKinesisStream(), transform: Transform = asTheyAre, budgetBytes = 1 << 30) {
  const batches: TransformBatch[] = [];
  const processing = processors({
    async transform(batch, signal) {
      batches.push(batch);
      return transform(batch, signal);
    },
  });
  const events = await world([stream], { processing, budgetBytes });
  const { buffer, timers, now } = events;
  const { take, takeBlocks, expectRoom } = sourceIngest({ buffer, room: buffer, grew: timers.grew, now });
  return { events, batches, take, takeBlocks, expectRoom, stream };
}

const asTheyAre: Transform = async ({ records }) => records.map(({ data }) => ({ result: 'Ok', outputs: [{ data }] }));

describe('records of a source', () => {
  it('go to the destination as they are, and the cursor with them', async () => {
    const { events, take, stream } = await sourced();

    await take(stream, [aRecord('a'), aRecord('b')], CURSOR);
    await events.pass(60_000);

    expect(events.seen.map(({ records }) => records)).toEqual([['a', 'b']]);
    expect(events.buffer.cursor(CURSOR.name)).toBe('7');
  });

  it('wait for the interval from when they were read, and keep the time at which their source had them', async () => {
    const { events, take, stream } = await sourced();

    await take(stream, [aRecord('a')], CURSOR);
    await events.pass(59_999);
    expect(events.seen).toEqual([]);
    await events.pass(1);

    expect(events.events).toMatchObject([{ type: 'delivered', batch: { oldestAt: 970_000 } }]);
  });

  it('come to the function with what the source says of them, each with its own time', async () => {
    const { events, batches, take, stream } = await sourced(aKinesisStream({ config: LAMBDA }));

    await take(stream, [aRecord('a'), aRecord('b', 970_001)], CURSOR);
    await events.pass(61_000);

    expect(batches).toMatchObject([
      {
        stream: { members: { sourceKinesisStreamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/events' } },
        records: [
          {
            arrivedAt: 970_000,
            members: { kinesisRecordMetadata: aRecord('a').metadata },
            data: Uint8Array.from(Buffer.from('a')),
          },
          { arrivedAt: 970_001, members: { kinesisRecordMetadata: aRecord('b', 970_001).metadata } },
        ],
      },
    ]);
    expect(events.seen.map(({ records }) => records)).toEqual([['a', 'b']]);
  });

  it('of a topic come to the function with their partition and offset, as texts', async () => {
    const { batches, events, takeBlocks, stream } = await sourced(anMskStream({ config: LAMBDA }));
    const metadata = (i: number) => ({
      topic: 't',
      partitionId: 3,
      offset: 7 + i,
      approximateArrivalTimestamp: 970_001,
    });

    await takeBlocks(stream, [{ ...recordBlock(970_000, [Buffer.from('a'), Buffer.from('b')]), metadata }], CURSOR);
    await events.pass(61_000);

    const told = { topic: 't', partitionId: '3', approximateArrivalTimestamp: '970001' };
    expect(batches).toMatchObject([
      {
        stream: {
          dataMember: 'kafkaRecordValue',
          members: { sourceMSKArn: 'arn:aws:kafka:us-east-1:000000000000:cluster/test/0' },
        },
        records: [
          { arrivedAt: 970_001, members: { mskRecordMetadata: { ...told, offset: '7' } } },
          { arrivedAt: 970_001, members: { mskRecordMetadata: { ...told, offset: '8' } } },
        ],
      },
    ]);
    expect(events.seen.map(({ records }) => records)).toEqual([['a', 'b']]);
    expect(events.buffer.cursor(CURSOR.name)).toBe('7');
  });

  it('that came with a reason go to the error output, and the others where they should', async () => {
    const { events, takeBlocks, stream } = await sourced(anMskStream());
    const reason = { type: 'processing-failed', code: 'c', message: 'm', attempts: 1, lastAttemptAt: 970_000 };

    await takeBlocks(
      stream,
      [recordBlock(970_000, [Buffer.from('a')]), recordBlock(970_000, [Buffer.from('b')], reason)],
      CURSOR,
    );
    await events.pass(61_000);

    expect(events.seen).toMatchObject([{ records: ['a'] }, { records: ['b'], errorOutputType: 'processing-failed' }]);
  });

  it('are backed up without it', async () => {
    const backup = aStream().destination.config;
    const config = { ...LAMBDA, S3BackupMode: 'Enabled', S3BackupConfiguration: backup };
    const { events, take, stream } = await sourced(aKinesisStream({ config }), async ({ records }) =>
      records.map(() => ({ result: 'Dropped' })),
    );

    await take(stream, [aRecord('a')], CURSOR);
    await events.pass(61_000);

    expect(events.seen.map(({ records }) => records)).toEqual([['a']]);
  });

  it.each([
    ['one by one', async ({ records }: TransformBatch) => records.map(() => FAILED)],
    [
      'all together',
      async () => {
        throw new DeliveryError('No.', { code: 'Lambda.FunctionError', retryable: true });
      },
    ],
  ])('go to the error output without it when the function fails them %s', async (_, transform) => {
    const { events, take, stream } = await sourced(aKinesisStream({ config: LAMBDA }), transform);

    await take(stream, [aRecord('a'), aRecord('b')], CURSOR);
    await events.pass(120_000);

    expect(events.seen).toMatchObject([{ records: ['a', 'b'], errorOutputType: 'processing-failed' }]);
    expect(events.events).toMatchObject([{ type: 'diverted', records: 2, reason: { attempts: 1 } }, {}]);
  });

  it('leave it out where no function wants it', async () => {
    const split = {
      Type: 'RecordDeAggregation',
      Parameters: [
        { ParameterName: 'SubRecordType', ParameterValue: 'DELIMITED' },
        { ParameterName: 'Delimiter', ParameterValue: Buffer.from('/').toString('base64') },
      ],
    };
    const config = { ProcessingConfiguration: { Enabled: true, Processors: [split] } };
    const { events, take, stream } = await sourced(aKinesisStream({ config }));

    await take(stream, [aRecord('a/b')], CURSOR);
    expect(events.buffer.lane('idevents/process/')).toMatchObject({ bytes: 2 + 'a/b'.length });
    await events.pass(61_000);

    expect(events.seen.map(({ records }) => records)).toEqual([['a', 'b']]);
  });

  it('are not worth reading when there is next to no room', async () => {
    const { take, expectRoom, stream } = await sourced(aKinesisStream(), asTheyAre, 64 * 100);
    await take(stream, [aRecord('x'.repeat(3_100))], CURSOR);
    expectRoom(stream);

    await take(stream, [aRecord('x')], CURSOR);

    expect(() => expectRoom(stream)).toThrow('Slow down.');
  });

  it('are refused when there is no room, and so is their cursor; a cursor alone never is', async () => {
    const { events, take, stream } = await sourced(aKinesisStream(), asTheyAre, 1_000);
    const taken = take(stream, [aRecord('x'.repeat(600))], CURSOR);
    await expect(taken).rejects.toMatchObject({ code: 'ServiceUnavailableException' });
    expect(events.buffer.cursor(CURSOR.name)).toBeUndefined();

    await take(stream, [], CURSOR);
    expect(events.buffer.cursor(CURSOR.name)).toBe('7');
  });
});

const FAILED = { result: 'failed', code: 'Lambda.ProcessingFailedStatus', message: 'No.' } as const;

describe('metadata in front of a record', () => {
  it('comes off again, whatever the record', () => {
    const metadata = { partitionKey: 'ü𝄞"\\', subsequenceNumber: 0 };

    expect(metadataOf(withMetadata(Buffer.from('{}'), metadata))).toEqual({ metadata, data: Buffer.from('{}') });
    expect(metadataOf(withMetadata(Buffer.alloc(0), metadata))).toEqual({ metadata, data: Buffer.alloc(0) });
    expect(metadataOf(withMetadata(Buffer.from('x')))).toEqual({ data: Buffer.from('x') });
  });

  it('is left out when it is too long', () => {
    expect(metadataOf(withMetadata(Buffer.from('x'), { key: 'k'.repeat(65_536) }))).toEqual({ data: Buffer.from('x') });
  });

  it('is for streams that have a source of their own', () => {
    expect([aStream(), aKinesisStream()].map(carriesMetadata)).toEqual([false, true]);
  });
});
