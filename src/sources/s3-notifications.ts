import { isJsonObject, type JsonObject } from '../core/json.ts';
import { isBusEvent } from './eventbridge.ts';
import { malformed } from './refusals.ts';

/** An object that S3 says was created. */
export interface CreatedObject {
  readonly bucket: string;
  readonly key: string;
  /** In a bucket that keeps versions. */
  readonly versionId?: string;
  readonly eTag?: string;
  /** Tells this write of the key from every other; empty where the notification does not say. */
  readonly sequencer: string;
}

/**
 * The objects that a notification tells of, given as its JSON or as what that holds. It comes from S3 itself, through a
 * topic of SNS, or through EventBridge. None when it tells of something else: an object that was removed, or that the
 * notification was set up. Throws an `ApiError` when it is no notification of S3.
 */
export function createdObjects(notification: unknown): readonly CreatedObject[] {
  if (typeof notification === 'string') return createdObjects(parsed(notification));
  if (!isJsonObject(notification)) throw notOfS3();
  const { Type, Message, Event, Records } = notification;
  if (Type === 'Notification' && typeof Message === 'string') return createdObjects(Message);
  if (Event === 's3:TestEvent') return [];
  if (isBusEvent(notification)) return busObjects(notification['detail-type'], notification.detail);
  if (!Array.isArray(Records) || !Records.every(isJsonObject)) throw notOfS3();
  return Records.flatMap(recordObjects);
}

/** Other stores than AWS's call themselves otherwise, `minio:s3` or `ceph:s3`, and some leave `s3:` before the name. */
function recordObjects({ eventSource, eventName, s3 }: JsonObject): readonly CreatedObject[] {
  if (typeof eventSource !== 'string' || !eventSource.endsWith(':s3') || typeof eventName !== 'string') throw notOfS3();
  if (!/^(s3:)?ObjectCreated:/.test(eventName)) return [];
  const { bucket, object } = isJsonObject(s3) ? s3 : {};
  return [createdObject(bucket, object, ({ key }) => decodedKey(key))];
}

function busObjects(detailType: string, { bucket, object }: JsonObject): readonly CreatedObject[] {
  return detailType === 'Object Created' ? [createdObject(bucket, object, ({ key }) => key)] : [];
}

function createdObject(bucket: unknown, object: unknown, keyOf: (object: JsonObject) => unknown): CreatedObject {
  if (!isJsonObject(bucket) || typeof bucket.name !== 'string' || !isJsonObject(object)) throw notOfS3();
  const key = keyOf(object);
  if (typeof key !== 'string' || key === '') throw malformed("The notification of S3 has no object's key.");
  const versionId = object.versionId ?? object['version-id'];
  const eTag = object.eTag ?? object.etag;
  return {
    ...{ bucket: bucket.name, key },
    ...(typeof versionId === 'string' && versionId !== '' && { versionId }),
    ...(typeof eTag === 'string' && eTag !== '' && { eTag }),
    sequencer: typeof object.sequencer === 'string' ? object.sequencer : '',
  };
}

/** In notifications of S3's own, keys are as in the fields of a form. */
function decodedKey(key: unknown): string | undefined {
  if (typeof key !== 'string') return undefined;
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    throw malformed(`The notification of S3 has a key that is not encoded as it must be: ${key.slice(0, 200)}`);
  }
}

/** Never a text, so that what is wrapped in texts has an end. */
function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Said below: it is not S3 that wrote this.
  }
  throw notOfS3();
}

function notOfS3() {
  return malformed('This is no notification of S3 about objects.');
}
