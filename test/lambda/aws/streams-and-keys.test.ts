import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sealedJson } from '../../../src/host/sealed-json.ts';
import { deploymentJson } from '../../../src/lambda/aws/data-key.ts';
import { createTableKey, dynamoKeys, listTableKeys, revokeTableKey } from '../../../src/lambda/aws/dynamo-keys.ts';
import { dynamoStreams } from '../../../src/lambda/aws/dynamo-streams.ts';
import { memoryStreams } from '../../kit/memory-streams.ts';
import { aStream } from '../../kit/streams.ts';
import { startDynalite } from './emulated-dynamo.ts';
import { describeStreams } from './streams-contract.ts';

let emulated: Awaited<ReturnType<typeof startDynalite>>;
beforeAll(async () => {
  emulated = await startDynalite();
});
afterAll(() => emulated.stop());

const sealed = sealedJson(randomBytes(32));
const json = async () => sealed;
const client = async () => emulated.dynamo;

describeStreams({
  name: 'the one that tests work with',
  open: async () => {
    const streams = memoryStreams();
    return () => streams;
  },
});
describeStreams({
  name: 'dynalite',
  open: async () => {
    const table = await emulated.makeTable('streams');
    return () => dynamoStreams({ client, table, json });
  },
});

/** The client, but that answers of one operation are lost after it was carried out, and the request is made again. */
function losingAnswers(of: 'putItem' | 'deleteItem', loses: (input: { Item?: object }) => boolean): DynamoDB {
  const { dynamo } = emulated;
  let lost = false;
  // The client's operations have many forms; this is the one that is called.
  const send = dynamo[of] as (input: never) => Promise<unknown>;
  const operation = async (input: never) => {
    const answer = await send.call(dynamo, input);
    if (lost || !loses(input)) return answer;
    lost = true;
    throw Object.assign(new Error('The connection was reset.'), { code: 'ECONNRESET' });
  };
  return new Proxy(dynamo, { get: (target, name) => (name === of ? operation : Reflect.get(target, name)) });
}

describe('definitions in a table', () => {
  let table: string;
  beforeEach(async () => {
    table = await emulated.makeTable('streams');
  });
  const open = (dynamo = emulated.dynamo) => dynamoStreams({ client: async () => dynamo, table, json });
  const textOf = async () => JSON.stringify((await emulated.dynamo.scan({ TableName: table })).Items);

  it('hold no secret in clear', async () => {
    const config = { Password: 'hunter22', EndpointConfiguration: { AccessKey: 'open sesame' }, HECToken: 'token!!' };
    await open().change('s', () => aStream({ name: 's', kind: 'Splunk', config }));

    expect(await textOf()).toContain('name/s');
    expect(await textOf()).not.toMatch(/hunter22|open sesame|token!!/);
  });

  it('are decided once when the answer to their write was lost', async () => {
    const losing = losingAnswers('putItem', ({ Item }) => Item !== undefined && 'definition' in Item);
    let decided = 0;

    const made = await open(losing).change('s', (current) => {
      decided++;
      if (current !== undefined) throw new Error('in use');
      return aStream({ name: 's' });
    });

    expect(made).toEqual(aStream({ name: 's' }));
    expect(decided).toBe(1);
    expect(await open().byId('ids')).toEqual(made);
  });

  it('are removed when the answer to that was lost', async () => {
    await open().change('s', () => aStream({ name: 's' }));

    await open(losingAnswers('deleteItem', () => true)).change('s', () => undefined);

    expect(await open().get('s')).toBeUndefined();
    expect(await open().byId('ids')).toBeUndefined();
  });

  it('of which a crash left only half are none', async () => {
    const Item = { key: { S: 'id/idhalf' }, name: { S: 'half' } };
    await emulated.dynamo.putItem({ TableName: table, Item });

    expect(await open().byId('idhalf')).toBeUndefined();
    expect(await open().list()).toEqual([]);
  });

  it('that cannot be unsealed, or are of a newer format, are refused and not misread', async () => {
    await open().change('s', () => aStream({ name: 's', config: { Password: 'hunter22' } }));
    const other = sealedJson(randomBytes(32));

    await expect(dynamoStreams({ client, table, json: async () => other }).get('s')).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/^name\/s: cannot be read .* another data key/),
    });

    const { Items = [] } = await emulated.dynamo.scan({ TableName: table });
    const item = Items.find(({ definition }) => definition !== undefined);
    const newer = { S: item?.definition?.S?.replace('"format":1', '"format":2') ?? '' };
    await emulated.dynamo.putItem({ TableName: table, Item: { ...item, definition: newer } });
    await expect(open().get('s')).rejects.toThrow('was written by a newer Hydrant (format 2)');
  });

  it('that DynamoDB does not give are refused with an error every SDK retries', async () => {
    table = 'none';

    await expect(open().get('s')).rejects.toMatchObject({ code: 'ServiceUnavailableException', status: 503 });
    await expect(open().change('s', () => undefined)).rejects.toMatchObject({ status: 503 });
    await expect(open().byId('s')).rejects.toMatchObject({ code: 'DynamoDB.ResourceNotFoundException' });
  });
});

describe('the keys of a deployment', () => {
  const PRODUCER = { actions: ['firehose:PutRecord'], streams: ['clicks'], userName: 'web', hasSessionToken: true };
  let table: string;
  let at: number;
  beforeEach(async () => {
    at = Date.UTC(2026, 0, 15);
    table = await emulated.makeTable('keys');
  });
  const place = (dynamo = emulated.dynamo) => ({ client: async () => dynamo, table, json, now: () => at });

  it('are found by functions with all there is to them, and always asked for', async () => {
    const functions = dynamoKeys(place());
    expect(await functions.isRequired()).toBe(true);

    const key = await createTableKey(place(), { ...PRODUCER, expiresAt: at + 1 });

    expect(await functions.find(key.accessKeyId)).toEqual({ ...key, createdAt: at });
  });

  it('are refused within a second once they are taken back', async () => {
    const functions = dynamoKeys(place());
    const { accessKeyId } = await createTableKey(place(), PRODUCER);
    await functions.find(accessKeyId);

    expect(await revokeTableKey(place(), accessKeyId)).toBe(true);
    at += 999;
    expect(await functions.find(accessKeyId)).toMatchObject({ accessKeyId });
    at += 1;
    expect(await functions.find(accessKeyId)).toBeUndefined();
    expect(await revokeTableKey(place(), accessKeyId)).toBe(false);
  });

  it('are read once a second, however many requests there are, and not at all for what is no id', async () => {
    const { accessKeyId } = await createTableKey(place(), PRODUCER);
    let reads = 0;
    const counting = new Proxy(emulated.dynamo, {
      get: (target, name) => {
        if (name === 'getItem') reads++;
        return Reflect.get(target, name);
      },
    });
    const functions = dynamoKeys(place(counting));

    await Promise.all(Array.from({ length: 100 }, () => functions.find(accessKeyId)));
    await functions.find('x'.repeat(5_000));

    expect(reads).toBe(1);
    expect(await revokeTableKey(place(), 'no id')).toBe(false);
  });

  it('are listed in the order they were made, without their secrets, and stored without one in clear', async () => {
    const first = await createTableKey(place(), PRODUCER);
    at += 5;
    const second = await createTableKey(place(), { ...PRODUCER, userName: 'other' });

    const listed = await listTableKeys(place());

    expect(listed).toMatchObject([
      { accessKeyId: first.accessKeyId, userName: 'web', createdAt: at - 5 },
      { accessKeyId: second.accessKeyId, userName: 'other', createdAt: at },
    ]);
    expect(JSON.stringify(listed)).not.toMatch(/secret|token/i);
    const text = JSON.stringify((await emulated.dynamo.scan({ TableName: table })).Items);
    expect(text).not.toContain(first.secretAccessKey);
    expect(text).not.toContain(first.sessionToken);
  });

  it('that DynamoDB does not give are no reason to let anybody in, nor to say that there are none', async () => {
    table = 'none';

    await expect(dynamoKeys(place()).find('HKIAAAAAAAAAAAAAAAAA')).rejects.toMatchObject({ status: 503 });
  });
});

describe('the data key of a deployment', () => {
  const ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:hydrant-AbCdEf';
  const LETTERS = 'a'.repeat(64);
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hydrant-data-key-'));
    return () => rm(folder, { recursive: true });
  });
  const secrets = async () => ({ dataKey: LETTERS });
  const inFile = () => deploymentJson({ place: `file:${join(folder, 'new', 'key')}`, secrets })();

  it('is in Secrets Manager, asked for once', async () => {
    const arns: string[] = [];
    const asking = async (arn: string) => {
      arns.push(arn);
      return { dataKey: LETTERS };
    };
    const open = deploymentJson({ place: ARN, secrets: asking });

    const text = (await open()).write({ Password: 'hunter22' });

    expect((await open()).read(text)).toEqual({ Password: 'hunter22' });
    expect(arns).toEqual([ARN]);
    expect((await deploymentJson({ place: ARN, secrets })()).read(text)).toEqual({ Password: 'hunter22' });
  });

  it('is asked for again after Secrets Manager did not answer', async () => {
    let isUp = false;
    const failing = async () => {
      if (!isUp) throw new Error('down');
      return { dataKey: LETTERS };
    };
    const open = deploymentJson({ place: ARN, secrets: failing });

    await expect(open()).rejects.toThrow('down');
    isUp = true;
    expect((await open()).write({})).toBe('{}');
  });

  it.each([{}, { dataKey: 'short' }, { dataKey: 7 }])(
    'is not made up from a secret that has none: %j',
    async (secret) => {
      const open = deploymentJson({ place: ARN, secrets: async () => secret });

      await expect(open()).rejects.toMatchObject({ name: 'ConfigError', field: ARN });
    },
  );

  it('on a laptop is a file, one for all functions that begin at the same time, for its owner alone', async () => {
    const [first, ...others] = await Promise.all(Array.from({ length: 8 }, inFile));
    const text = first!.write({ Password: 'hunter22' }); // there are eight

    for (const other of others) expect(other.read(text)).toEqual({ Password: 'hunter22' });
    const path = join(folder, 'new', 'key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path)).toHaveLength(32);
  });

  it('in a file that is none is refused', async () => {
    await inFile();
    await writeFile(join(folder, 'new', 'key'), 'short');

    await expect(inFile()).rejects.toThrow('is not a key of 32 bytes');
  });
});
