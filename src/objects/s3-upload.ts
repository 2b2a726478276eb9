import { DeliveryError } from '../core/errors.ts';
import type { ObjectPut } from '../core/objects.ts';
import { PARTS_LIMIT, type Part } from './s3-parts.ts';
import type { S3Requests, UploadAddress, UploadedPart } from './s3-requests.ts';

/** Parts of one object under way at once. */
const PARTS_AT_ONCE = 2;
/**
 * What is left after a failure is cleared away within this time, even when the caller has given up: a deploy does not
 * wait longer.
 */
const CLEANUP_MS = 5_000;

export interface Upload {
  /** Resolves when there is room for another part. Takes care of the part's `done`, also when it rejects. */
  send(part: Part): Promise<void>;
  /** Makes one object of the parts. Says whether it was this upload that made it. */
  complete(): Promise<{ readonly isOurs: boolean; readonly bytes: number }>;
  /**
   * Waits for the parts under way and gives the upload up. Never rejects: what is left over, the next attempt gives up.
   */
  abandon(): Promise<void>;
}

/**
 * One multipart upload, begun by asking S3 for its id and handing that to `object.onUpload`. Until `complete`, S3 shows
 * nothing of it. Everything of it stops when the signal aborts.
 */
export async function beginUpload(requests: S3Requests, object: ObjectPut, signal: AbortSignal): Promise<Upload> {
  const { uploadId, isEncryptedWithKms } = await requests.createUpload(object, signal);
  const at = { bucket: object.bucket, key: object.key, uploadId };
  const uploaded: UploadedPart[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  let bytes = 0;

  async function transmit(part: Part): Promise<void> {
    let isReusable = false;
    try {
      uploaded.push(await requests.uploadPart(at, part, signal));
      bytes += part.bytes.length;
      // After a failure the connection may still read from the buffer.
      isReusable = true;
    } catch (error) {
      failure ??= { error };
    } finally {
      part.done(isReusable);
    }
  }

  async function abandon(): Promise<void> {
    await Promise.all(underWay);
    await giveUp(requests, at);
  }

  try {
    if (object.kmsKeyArn !== undefined && !isEncryptedWithKms) throw notEncrypted(object);
    await object.onUpload?.(uploadId);
  } catch (error) {
    await abandon();
    throw error;
  }

  return {
    async send(part) {
      if (part.number > PARTS_LIMIT) {
        part.done(true);
        throw tooLarge(object);
      }
      const sent = transmit(part).finally(() => underWay.delete(sent));
      underWay.add(sent);
      if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
      if (failure !== undefined) throw failure.error;
    },

    async complete() {
      await Promise.all(underWay);
      if (failure !== undefined) throw failure.error;
      uploaded.sort((a, b) => a.PartNumber - b.PartNumber);
      try {
        await requests.completeUpload(at, uploaded, signal);
        return { isOurs: true, bytes };
      } catch (error) {
        signal.throwIfAborted();
        // The object may be there: made by an earlier attempt, or by this one with the answer lost on the way.
        await giveUp(requests, at);
        const present = await requests.sizeOf(at, signal).catch(() => undefined);
        if (present === undefined) throw error;
        const isOurs = !(error instanceof DeliveryError && error.code === 'S3.PreconditionFailed');
        return { isOurs, bytes: present };
      }
    },

    abandon,
  };
}

/**
 * Gives up an upload, if S3 still has it. A failure leaves its parts in the bucket, invisible but charged for, until
 * the next attempt or a lifecycle rule removes them; it must not hide why the upload is given up.
 */
export async function giveUp(requests: S3Requests, upload: UploadAddress): Promise<void> {
  await requests.abortUpload(upload, AbortSignal.timeout(CLEANUP_MS)).catch(() => undefined);
}

function notEncrypted({ bucket, key, kmsKeyArn }: ObjectPut): DeliveryError {
  return new DeliveryError(
    `The store did not confirm the KMS key ${kmsKeyArn} for the object ${JSON.stringify(key)} in bucket ${bucket}.`,
    { code: 'S3.KMS.KeyNotConfigured', retryable: true, refused: true },
  );
}

function tooLarge({ bucket, key }: ObjectPut): DeliveryError {
  return new DeliveryError(
    `The object ${JSON.stringify(key)} for bucket ${bucket} has more than ${PARTS_LIMIT} parts.`,
    {
      code: 'S3.EntityTooLarge',
      retryable: true,
      refused: true,
    },
  );
}
