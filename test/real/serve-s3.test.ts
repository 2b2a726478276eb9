import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect } from 'vitest';
import { client } from '../../src/cli/client.ts';
import build from '../e2e/build.ts';
import { hydrant, s3Destination, sandbox } from '../e2e/hydrant.ts';
import { ACCESS_KEY, moto, SECRET_KEY } from './s3-servers.ts';
import { itWith } from './tools.ts';

describe('hydrant serve --s3-endpoint', () => {
  beforeAll(build);

  itWith([moto.tool], 'delivers to the store, with the credentials of the environment', async () => {
    process.env.AWS_ACCESS_KEY_ID = ACCESS_KEY;
    process.env.AWS_SECRET_ACCESS_KEY = SECRET_KEY;
    const { newFolder, start, clear } = await sandbox();
    const store = await moto.start();
    try {
      const s3 = new S3Client({ endpoint: store.endpoint, region: 'us-east-1', forcePathStyle: true });
      await s3.send(new CreateBucketCommand({ Bucket: 'lake' }));
      const running = await start(await newFolder(), '--s3-endpoint', store.endpoint);
      await client(running.url).call('CreateDeliveryStream', {
        DeliveryStreamName: 'orders',
        ExtendedS3DestinationConfiguration: s3Destination('lake', [128, 900], {
          Prefix: 'orders/!{timestamp:yyyy}/',
          ErrorOutputPrefix: 'errors/',
        }),
      });

      await hydrant(['put', 'orders', '--endpoint', running.url], { input: 'one\ntwo\n' });
      expect(await hydrant(['flush', '--endpoint', running.url])).toMatchObject({ status: 0, stderr: '' });

      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'lake' }));
      expect(Contents.map(({ Key }) => Key)).toEqual([expect.stringMatching(/^orders\/\d{4}\/orders-1-/)]);
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'lake', Key: Contents[0]?.Key }));
      expect(await Body?.transformToString()).toBe('one\ntwo\n');
      expect(await running.end('SIGTERM')).toBe(0);
    } finally {
      await clear();
      await store.stop();
    }
  });

  itWith([moto.tool], 'keeps what a store does not take, and says why', async () => {
    const { newFolder, start, clear } = await sandbox();
    const store = await moto.start();
    try {
      const running = await start(await newFolder(), '--s3-endpoint', store.endpoint);
      await client(running.url).call('CreateDeliveryStream', {
        DeliveryStreamName: 'orders',
        ExtendedS3DestinationConfiguration: s3Destination('nowhere', [128, 900]),
      });
      await hydrant(['put', 'orders', '--endpoint', running.url], { input: 'kept\n' });
      const { status, stderr } = await hydrant(['flush', '--endpoint', running.url]);
      expect([status, stderr]).toEqual([1, expect.stringMatching(/^orders: not delivered yet \(S3\.NoSuchBucket\)/)]);

      await fetch(`${store.endpoint}/nowhere`, { method: 'PUT' });
      expect(await hydrant(['flush', '--endpoint', running.url])).toMatchObject({ status: 0, stderr: '' });
    } finally {
      await clear();
      await store.stop();
    }
  });
});
