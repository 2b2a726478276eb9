import type { _Error, S3 } from '@aws-sdk/client-s3';
import { DeliveryError } from '../../core/errors.ts';
import type { StagedObjects } from '../services.ts';
import { asked, wordOf } from './asked.ts';

export interface StagedBucketOptions {
  readonly client: () => Promise<S3>;
  readonly bucket: string;
}

/** In DeleteObjects. */
const KEYS_AT_ONCE = 1_000;

/** The staging bucket in S3. How its objects are encrypted is the bucket's own setting. */
export function stagedBucket({ client, bucket }: StagedBucketOptions): StagedObjects {
  async function ask<T>(send: (s3: S3) => Promise<T>): Promise<T> {
    return asked('S3', async () => send(await client()));
  }

  return {
    async put(key, bytes) {
      await ask((s3) => s3.putObject({ Bucket: bucket, Key: key, Body: bytes, ContentLength: bytes.length }));
    },

    get: (key) =>
      ask(async (s3) => {
        try {
          const { Body } = await s3.getObject({ Bucket: bucket, Key: key });
          return await Body?.transformToByteArray();
        } catch (error) {
          if (wordOf(error) === 'NoSuchKey') return undefined;
          throw error;
        }
      }),

    async remove(keys) {
      for (let i = 0; i < keys.length; i += KEYS_AT_ONCE) {
        const some = keys.slice(i, i + KEYS_AT_ONCE).map((Key) => ({ Key }));
        const removal = { Bucket: bucket, Delete: { Objects: some, Quiet: true } };
        const { Errors: [failed] = [] } = await ask((s3) => s3.deleteObjects(removal));
        if (failed !== undefined) throw notRemoved(failed);
      }
    },

    async *list() {
      let from: string | undefined;
      do {
        const page = await ask((s3) => s3.listObjectsV2({ Bucket: bucket, ContinuationToken: from }));
        for (const { Key, LastModified } of page.Contents ?? []) {
          if (Key !== undefined && LastModified !== undefined) yield { key: Key, storedAt: LastModified.getTime() };
        }
        from = page.NextContinuationToken;
      } while (from !== undefined);
    },
  };
}

function notRemoved({ Key, Code, Message }: _Error): DeliveryError {
  const message = `S3 did not remove the object ${Key} of the staging bucket: ${Code} ${Message}`;
  return new DeliveryError(message, { code: `S3.${Code}`, retryable: true });
}
