import type { S3Client } from '@aws-sdk/client-s3';
import { DeliveryError } from '../core/errors.ts';
import type { ObjectAddress } from '../core/objects.ts';
import { s3Error } from './s3-error.ts';
import { clientConfig, type S3Settings } from './s3-requests.ts';

export interface ObjectToRead extends ObjectAddress {
  readonly versionId?: string;
  /** Only while it is still this. */
  readonly eTag?: string;
}

/**
 * Opens an object, to be read as it is taken. Undefined when it is there no more, or another is in its place. Rejects,
 * and the reading throws, with a `DeliveryError`.
 */
export type ReadObject = (object: ObjectToRead, signal: AbortSignal) => Promise<AsyncIterable<Uint8Array> | undefined>;

const GONE: readonly string[] = ['S3.NoSuchKey', 'S3.NoSuchVersion', 'S3.PreconditionFailed'];

/** Reads from S3, or from a store that speaks its protocol. Its client is loaded by the first request. */
export function s3Reader(settings: S3Settings): ReadObject {
  let loaded: Promise<{ sdk: typeof import('@aws-sdk/client-s3'); client: S3Client }> | undefined;

  async function load() {
    const sdk = await import('@aws-sdk/client-s3');
    return { sdk, client: new sdk.S3Client(clientConfig(settings)) };
  }

  return async (object, abortSignal) => {
    loaded ??= load();
    const { sdk, client } = await loaded;
    try {
      const { Body } = await client.send(new sdk.GetObjectCommand(inputOf(object)), { abortSignal });
      // On Node it is the answer's own stream.
      return chunksOf(Body as AsyncIterable<Uint8Array>, object);
    } catch (thrown) {
      const error = s3Error(thrown, object);
      if (GONE.includes(error.code)) return undefined;
      throw error;
    }
  };
}

/** A version never changes; without one its tag says whether it did. */
function inputOf({ bucket, key, versionId, eTag }: ObjectToRead) {
  const which = versionId !== undefined ? { VersionId: versionId } : eTag !== undefined && { IfMatch: `"${eTag}"` };
  return { Bucket: bucket, Key: key, ...which };
}

async function* chunksOf(body: AsyncIterable<Uint8Array>, object: ObjectToRead): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const message = `Reading the object ${JSON.stringify(object.key)} of bucket ${object.bucket} ended: ${error.message}`;
    throw new DeliveryError(message, { code: 'S3.ReadFailed', retryable: true });
  }
}
