import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateDeliveryStreamCommand,
  FirehoseClient,
  type FirehoseClientConfig,
  ListDeliveryStreamsCommand,
  PutRecordBatchCommand,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { hydrant, linesIn, s3Destination, sandbox } from './hydrant.ts';
import { endOffline, offlineFunctions } from './offline.ts';
import { codeBlocks, commandsIn } from './readme.ts';

const hasAwsCli = spawnSync('aws', ['--version'], { stdio: 'ignore' }).status === 0;

const { newFolder, clear } = await sandbox();
afterAll(clear);
afterEach(endOffline);

type Credentials = NonNullable<FirehoseClientConfig['credentials']>;

function sdk(endpoint: string, credentials: Credentials = { accessKeyId: 'any', secretAccessKey: 'any' }) {
  return new FirehoseClient({ endpoint, region: 'us-east-1', credentials });
}

/** The sweep may come a minute later, and asks ever more rarely. */
const LONG = { timeout: 180_000, interval: 250 };

/** Lines of the bucket once there is an object; before its first one there is no folder. */
async function lines(folder: string, bucket: string): Promise<readonly string[]> {
  const found = await linesIn(folder, bucket).catch(() => []);
  return [...found].sort();
}

describe('the functions of serverless.yml on a laptop', () => {
  it('take records, run processors over them, deliver objects into folders, and stop when asked', async () => {
    const folder = await newFolder();
    const offline = await offlineFunctions(folder);
    const client = sdk(offline.url);
    const query = { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{page:.page}' } as const;
    const engine = { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' } as const;
    await client.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: 'clicks',
        ExtendedS3DestinationConfiguration: s3Destination('lake', [64, 60], {
          Prefix: 'page=!{partitionKeyFromQuery:page}/',
          ErrorOutputPrefix: 'errors/',
          DynamicPartitioningConfiguration: { Enabled: true },
          ProcessingConfiguration: {
            Enabled: true,
            Processors: [
              { Type: 'MetadataExtraction', Parameters: [query, engine] },
              { Type: 'AppendDelimiterToRecord', Parameters: [] },
            ],
          },
        }),
      }),
    );

    const Records = ['a', 'b', 'a'].map((page, n) => ({ Data: Buffer.from(JSON.stringify({ page, n })) }));
    const answer = await client.send(new PutRecordBatchCommand({ DeliveryStreamName: 'clicks', Records }));

    expect(answer.FailedPutCount).toBe(0);
    await expect
      .poll(() => lines(folder, 'lake'), LONG)
      .toEqual(['{"page":"a","n":0}', '{"page":"a","n":2}', '{"page":"b","n":1}']);
    expect((await fs.readdir(join(folder, 'data', 'buckets', 'lake'))).sort()).toEqual(['page=a', 'page=b']);
    expect(await offline.end('SIGINT')).toBe(0);
  }, 200_000);

  it('keep what was acknowledged when they are killed, and deliver it after the next start', async () => {
    const folder = await newFolder();
    const first = await offlineFunctions(folder);
    await sdk(first.url).send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: 'orders',
        ExtendedS3DestinationConfiguration: s3Destination('lake', [64, 10]),
      }),
    );
    await sdk(first.url).send(
      new PutRecordCommand({ DeliveryStreamName: 'orders', Record: { Data: Buffer.from('kept\n') } }),
    );
    expect(await lines(folder, 'lake')).toEqual([]);
    expect(await first.end('SIGKILL')).toBe('SIGKILL');

    const second = await offlineFunctions(folder);

    await expect.poll(() => lines(folder, 'lake'), LONG).toEqual(['kept']);
    expect(await second.end('SIGTERM')).toBe(0);
  }, 240_000);

  it('ask for signatures when told to, and know the keys that are given out', async () => {
    const folder = await newFolder();
    const offline = await offlineFunctions(folder, { parameters: ['unsigned=refuse'] });
    const list = (credentials?: Credentials) => sdk(offline.url, credentials).send(new ListDeliveryStreamsCommand({}));
    await expect(list()).rejects.toThrow('The security token included in the request is invalid.');

    const [, command = ''] = /npx hydrant (keys create .*)\)"/.exec(offline.output()) ?? [];
    const { status, stdout, stderr } = await hydrant(command.split(' '), {
      folder,
      env: { AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' },
    });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining('take it at once') });
    const key = Object.fromEntries(
      [...stdout.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
    );

    const { DeliveryStreamNames } = await list({
      accessKeyId: key.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: key.AWS_SECRET_ACCESS_KEY ?? '',
    });
    expect(DeliveryStreamNames).toEqual([]);
    expect(await offline.end('SIGINT')).toBe(0);
  });

  it.skipIf(!hasAwsCli)(
    `make README's quickstart, with the AWS CLI${hasAwsCli ? '' : ' (skipped: aws is missing: pip install awscli)'}`,
    async () => {
      const offline = await offlineFunctions(await newFolder());
      const quickstart = codeBlocks('README.md').find(({ text }) =>
        text.startsWith('export AWS_ENDPOINT_URL_FIREHOSE'),
      );
      const commands = commandsIn(quickstart?.text ?? '').filter((command) => /^(export|aws) /.test(command));
      const text = commands.join('\n').replace('http://127.0.0.1:4573', offline.url);

      const { status, stdout, stderr } = spawnSync('bash', ['-ec', text], {
        env: { ...process.env, AWS_CONFIG_FILE: '/dev/null', AWS_PAGER: '' },
        encoding: 'utf8',
      });

      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/deliverystream\/clicks[\s\S]*"RecordId"[\s\S]*"DeliveryStreamStatus": "ACTIVE"/);
      expect(await offline.end('SIGINT')).toBe(0);
    },
  );

  it('name the parameter that is wrong', async () => {
    const starting = offlineFunctions(await newFolder(), { parameters: ['unsigned=maybe'] });

    await expect(starting).rejects.toThrow('unsigned must be allow or refuse, not maybe');
  });
});
