import { DeliveryError } from '../core/errors.ts';
import type { ObjectPut, ObjectStore, PutResult } from '../core/objects.ts';
import { checkAddress } from './address.ts';
import { type Part, partBuffers, partsOf } from './s3-parts.ts';
import { CONNECTIONS, type S3Settings, s3Requests } from './s3-requests.ts';
import { beginUpload, giveUp, type Upload } from './s3-upload.ts';

export type { S3Settings } from './s3-requests.ts';

/**
 * Buckets in S3, or in a store that speaks its protocol. A body of up to 8 MiB is one request, a larger one a multipart
 * upload whose parts come from a fixed number of buffers: memory is at most 8 MiB a connection, whatever the number and
 * size of objects.
 *
 * Keys are unique to a batch, so whatever object is found under one is the one to be stored: `If-None-Match: *` keeps a
 * repeat from storing it again where the store knows that, and where it does not the repeat overwrites it with the same
 * bytes. An upload that a crash cut off is given up by the next attempt, unless it turns out to have been completed.
 *
 * Encryption under a KMS key is confirmed before any byte is sent to a store that is not AWS's; one that does not
 * confirm it is refused.
 */
export function s3Objects(settings: S3Settings): ObjectStore {
  const requests = s3Requests(settings);
  const buffers = partBuffers(settings.connections ?? CONNECTIONS);

  async function putWhole(object: ObjectPut, part: Part, signal: AbortSignal): Promise<PutResult> {
    let isReusable = false;
    const bytes = part.bytes.length;
    try {
      await requests.putObject(object, part.bytes, signal);
      // After a failure the connection may still read from the buffer.
      isReusable = true;
      return { outcome: 'stored', bytes };
    } catch (error) {
      if (error instanceof DeliveryError && error.code === 'S3.PreconditionFailed') {
        return { outcome: 'already-there', bytes };
      }
      throw error;
    } finally {
      part.done(isReusable);
    }
  }

  async function putInParts(object: ObjectPut, signal: AbortSignal): Promise<PutResult> {
    const needsUpload = object.kmsKeyArn !== undefined && settings.endpoint !== undefined;
    let upload: Upload | undefined;
    try {
      for await (const part of partsOf(object.body, buffers, signal)) {
        if (part.isLast && upload === undefined && !needsUpload) return await putWhole(object, part, signal);
        upload ??= await beginUpload(requests, object, signal).catch((error) => {
          part.done(true);
          throw error;
        });
        await upload.send(part);
      }
      if (upload === undefined) throw new Error('a body has at least one part');
      const { isOurs, bytes } = await upload.complete();
      return { outcome: isOurs ? 'stored' : 'already-there', bytes };
    } catch (error) {
      await upload?.abandon();
      throw error;
    }
  }

  /** What an earlier attempt left behind: the size of the object if that attempt had completed it after all. */
  async function clear(object: ObjectPut, uploadId: string, signal: AbortSignal): Promise<number | undefined> {
    await giveUp(requests, { bucket: object.bucket, key: object.key, uploadId });
    // Whoever may put an object need not be allowed to see it; then it is put again.
    return requests.sizeOf(object, signal).catch(() => undefined);
  }

  return {
    encryptsWithKms: true,

    async put(object, signal) {
      checkAddress(object);
      if (object.abandonedUpload !== undefined) {
        const present = await clear(object, object.abandonedUpload, signal);
        if (present !== undefined) return { outcome: 'already-there', bytes: present };
      }
      return putInParts(object, signal);
    },

    async exists(at, signal) {
      checkAddress(at);
      return (await requests.sizeOf(at, signal)) !== undefined;
    },
  };
}
