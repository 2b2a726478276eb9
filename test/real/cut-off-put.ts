import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import { laneKey } from '../../src/core/lanes.ts';
import { recordBlock } from '../../src/core/records.ts';
import { dynamoRows } from '../../src/lambda/aws/dynamo-rows.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';

/**
 * What a function leaves that dies in the middle of a put into two lanes, a minute and a half ago: the change is
 * decided, and neither lane knows of it.
 */
export async function cutOffPut(dynamo: DynamoDB, table: string, streamId: string): Promise<void> {
  const rows = dynamoRows({ client: async () => dynamo, table });
  const nothing = async () => {
    throw new Error('so few bytes are in no object');
  };
  const then = Date.now() - 90_000;
  const buffer = sharedBuffer({
    rows: {
      ...rows,
      async create(row) {
        if (row.name !== 'change') throw new Error('the function has died');
        return rows.create(row);
      },
    },
    objects: { put: nothing, get: nothing, remove: nothing, list: () => [] as never },
    now: () => then,
    newId: () => 'cut-off',
    leaseUntil: () => then,
  });
  const lanes = ['', 'other'].map((partition) => laneKey({ streamId, stage: 'deliver', partition }));
  const records = recordBlock(then, [Buffer.from('{"id":1}\n')]);
  await buffer.commit({ append: [{ lanes, records }] }).catch(() => undefined);
}
