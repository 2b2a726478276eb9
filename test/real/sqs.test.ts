import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { hydrant, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { ACCESS_KEY, moto, SECRET_KEY } from './s3-servers.ts';
import { itWith } from './tools.ts';

const REGION = 'us-east-1';

describe("moto's SQS", () => {
  beforeAll(build);

  itWith([moto.tool], 'gives messages, and the lines of the objects that S3 notifies of', async () => {
    process.env.AWS_ACCESS_KEY_ID = ACCESS_KEY;
    process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;
    const { newFolder, start, clear } = await sandbox();
    const server = await moto.start();
    try {
      const at = { endpoint: server.endpoint, region: REGION };
      const [sqs, s3] = [new SQSClient(at), new S3Client({ ...at, forcePathStyle: true })];
      const queue = async (QueueName: string) => {
        const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
        return QueueUrl;
      };
      const left = async (QueueUrl: string) => {
        const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
        const asked = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] });
        const { Attributes = {} } = await sqs.send(asked);
        return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
      };
      const [plain, notified] = [await queue('plain'), await queue('notified')];
      for (const Bucket of ['lake', 'incoming']) await s3.send(new CreateBucketCommand({ Bucket }));
      const QueueConfigurations = [
        { QueueArn: `arn:aws:sqs:${REGION}:123456789012:notified`, Events: ['s3:ObjectCreated:*' as const] },
      ];
      const NotificationConfiguration = { QueueConfigurations };
      await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: 'incoming', NotificationConfiguration }));
      for (const [Key, Body] of Object.entries({ 'a b.gz': gzipSync('one\ntwo\n'), 'c+d': 'three' })) {
        await s3.send(new PutObjectCommand({ Bucket: 'incoming', Key, Body }));
      }
      for (const MessageBody of ['four\n', 'fünf\n']) {
        await sqs.send(new SendMessageCommand({ QueueUrl: plain, MessageBody }));
      }

      const folder = await newFolder();
      const streams = ['messages', 'lines'].map((DeliveryStreamName) => ({
        DeliveryStreamName,
        ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900], { Prefix: `${DeliveryStreamName}/` }),
      }));
      const sources = { sqs: { [plain]: 'messages', [notified]: { stream: 'lines', content: 'objects' } } };
      const config = { region: REGION, s3: { endpoint: server.endpoint }, sources, streams };
      await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
      const running = await start(folder);
      await expect.poll(async () => [await left(plain), await left(notified)], { timeout: 60_000 }).toEqual([0, 0]);
      const ready: unknown = await (await fetch(`${running.url}/ready`)).json();
      const flushed = await hydrant(['flush', '--endpoint', running.url]);
      const log = running.log.filter(({ level }) => level !== 'info');
      const status = await running.end('SIGTERM');

      expect(flushed).toMatchObject({ status: 0, stdout: expect.stringContaining('5 records') });
      expect(ready).toMatchObject({
        sources: [
          { DeliveryStreamName: 'messages', queueUrl: plain },
          { DeliveryStreamName: 'lines', queueUrl: notified },
        ],
      });
      expect({ status, log }).toEqual({ status: 0, log: [] });
    } finally {
      await clear();
      await server.stop();
    }
  });
});
