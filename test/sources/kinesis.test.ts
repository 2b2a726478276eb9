import { expect, it } from 'vitest';
import { fromKinesis } from '../../src/sources/kinesis.ts';
import { packed } from './packed.ts';

const RECORD = {
  shardId: 'shardId-000000000002',
  sequenceNumber: '4957',
  partitionKey: 'p',
  arrivedAt: 1_700_000_000_123,
};

it('a record of Kinesis is told apart by shard, key, time and number', () => {
  expect([...fromKinesis({ ...RECORD, data: Buffer.from('x') })]).toEqual([
    {
      arrivedAt: 1_700_000_000_123,
      data: Buffer.from('x'),
      metadata: {
        shardId: 'shardId-000000000002',
        partitionKey: 'p',
        approximateArrivalTimestamp: 1_700_000_000_123,
        sequenceNumber: '4957',
        subsequenceNumber: 0,
      },
    },
  ]);
});

it('what was packed into one has keys of its own and is numbered', () => {
  const data = packed(
    ['a', 'b'],
    [
      { key: 0, data: 'x' },
      { key: 1, data: 'y' },
    ],
  );

  expect([...fromKinesis({ ...RECORD, data })].map(({ metadata }) => metadata)).toMatchObject([
    { partitionKey: 'a', sequenceNumber: '4957', subsequenceNumber: 0 },
    { partitionKey: 'b', sequenceNumber: '4957', subsequenceNumber: 1 },
  ]);
});
