import { DeliveryError } from '../core/errors.ts';
import type { ObjectAddress } from '../core/objects.ts';

/**
 * What the Firehose API accepts in a bucket's ARN: dots alone included, which mean another folder or another path to
 * most stores.
 */
const BUCKET_NAME = /^[\w.-]{1,255}$/;
/** S3's limit on a key. https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const KEY_LIMIT_BYTES = 1024;

/** Throws the `DeliveryError` of S3 for a bucket or key that no store can have. */
export function checkAddress({ bucket, key }: ObjectAddress): void {
  if (!BUCKET_NAME.test(bucket)) refuse('S3.InvalidBucketName', `${JSON.stringify(bucket)} cannot be a bucket's name.`);
  if (Buffer.byteLength(key) > KEY_LIMIT_BYTES) {
    refuse('S3.KeyTooLongError', `An object's key is longer than ${KEY_LIMIT_BYTES} bytes: ${JSON.stringify(key)}.`);
  }
}

function refuse(code: string, message: string): never {
  throw new DeliveryError(message, { code, retryable: true, refused: true });
}
