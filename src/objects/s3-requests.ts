import type { S3Client } from '@aws-sdk/client-s3';
import { DeliveryError } from '../core/errors.ts';
import type { ObjectAddress, ObjectPut } from '../core/objects.ts';
import { s3Error } from './s3-error.ts';

export interface S3Settings {
  readonly region: string;
  /** The URL of a store that speaks S3's protocol; absent for AWS. */
  readonly endpoint?: string;
  /**
   * Whether the bucket goes into the URL's path instead of its host name. By default it does wherever `endpoint` is
   * given.
   */
  readonly forcePathStyle?: boolean;
  /**
   * Whether objects are put with the ACL `bucket-owner-full-control`, for older buckets of other accounts. Off by
   * default: it needs the permission s3:PutObjectAcl, and buckets made since 2023 belong to their owner with all they
   * hold.
   */
  readonly grantsBucketOwner?: boolean;
  /** Has the store encrypt objects under keys of its own (SSE-S3), where the stream names no KMS key. */
  readonly sse?: 'AES256';
  /** Requests at once and buffers of 8 MiB in use at once; 16 unless given. */
  readonly connections?: number;
  /**
   * How long the far side may be silent within a request, in ms; 60,000 unless given. Completing a large upload takes
   * S3 a while.
   */
  readonly silenceMs?: number;
}

/** As many as deliveries run at once by default. */
export const CONNECTIONS = 16;
const CONNECT_MS = 5_000;
const SILENCE_MS = 60_000;
/** One more try absorbs a connection that the far side closed while it was idle. All other retrying is the drain's. */
const TRIES = 2;

export interface UploadAddress extends ObjectAddress {
  readonly uploadId: string;
}

export interface UploadedPart {
  readonly PartNumber: number;
  readonly ETag: string;
}

/**
 * The requests the store makes of S3, each rejecting with a `DeliveryError`, or with the signal's reason once it
 * aborted.
 */
export interface S3Requests {
  putObject(object: ObjectPut, bytes: Uint8Array, signal: AbortSignal): Promise<void>;
  createUpload(object: ObjectPut, signal: AbortSignal): Promise<{ uploadId: string; isEncryptedWithKms: boolean }>;
  uploadPart(
    at: UploadAddress,
    part: { number: number; bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<UploadedPart>;
  completeUpload(at: UploadAddress, parts: readonly UploadedPart[], signal: AbortSignal): Promise<void>;
  abortUpload(at: UploadAddress, signal: AbortSignal): Promise<void>;
  /** The object's size in bytes, or undefined when there is none. */
  sizeOf(at: ObjectAddress, signal: AbortSignal): Promise<number | undefined>;
}

/**
 * S3's client is loaded by the first request, and finds credentials where every AWS tool does. Checksums are added only
 * where S3 demands them: stores that are not AWS's refuse the newer ones.
 */
export function s3Requests(settings: S3Settings): S3Requests {
  type Sdk = typeof import('@aws-sdk/client-s3');
  let loaded: Promise<{ sdk: Sdk; client: S3Client }> | undefined;
  let knowsConditions = true;

  async function load() {
    const sdk = await import('@aws-sdk/client-s3');
    return { sdk, client: new sdk.S3Client(clientConfig(settings)) };
  }

  async function request<T>(
    at: ObjectAddress,
    signal: AbortSignal,
    send: (client: S3Client, sdk: Sdk) => Promise<T>,
  ): Promise<T> {
    loaded ??= load();
    const { client, sdk } = await loaded;
    signal.throwIfAborted();
    try {
      return await send(client, sdk);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw s3Error(error, at);
    }
  }

  /**
   * `If-None-Match: *` makes a repeat answer 412 instead of storing the object again. Stores that do not know it answer
   * 501, once.
   */
  async function unlessThere(send: (condition: { IfNoneMatch?: '*' }) => Promise<unknown>): Promise<void> {
    if (knowsConditions) {
      try {
        await send({ IfNoneMatch: '*' });
        return;
      } catch (error) {
        if (!(error instanceof DeliveryError && error.code === 'S3.NotImplemented')) throw error;
        knowsConditions = false;
      }
    }
    await send({});
  }

  const encryptionOf = ({ kmsKeyArn }: ObjectPut) => {
    if (kmsKeyArn !== undefined) return { ServerSideEncryption: 'aws:kms' as const, SSEKMSKeyId: kmsKeyArn };
    return settings.sse && { ServerSideEncryption: settings.sse };
  };
  const headOf = (object: ObjectPut) => ({
    Bucket: object.bucket,
    Key: object.key,
    ContentType: object.contentType,
    ...(object.contentEncoding !== undefined && { ContentEncoding: object.contentEncoding }),
    ...encryptionOf(object),
    ...(settings.grantsBucketOwner && { ACL: 'bucket-owner-full-control' as const }),
  });
  const addressOf = ({ bucket, key, uploadId }: UploadAddress) => ({ Bucket: bucket, Key: key, UploadId: uploadId });

  return {
    putObject: (object, bytes, abortSignal) =>
      unlessThere((condition) =>
        request(object, abortSignal, async (client, { PutObjectCommand }) => {
          const input = { ...headOf(object), ...condition, Body: bytes, ContentLength: bytes.length };
          const { ETag } = await client.send(new PutObjectCommand(input), { abortSignal });
          // Any web server may say 200; whoever stores the object says which.
          if (ETag === undefined) throw new Error('the answer has no ETag, as if no store had given it');
        }),
      ),

    createUpload: (object, abortSignal) =>
      request(object, abortSignal, async (client, { CreateMultipartUploadCommand }) => {
        const answer = await client.send(new CreateMultipartUploadCommand(headOf(object)), { abortSignal });
        if (answer.UploadId === undefined) throw new Error('the answer names no upload');
        return { uploadId: answer.UploadId, isEncryptedWithKms: answer.ServerSideEncryption === 'aws:kms' };
      }),

    uploadPart: (at, { number, bytes }, abortSignal) =>
      request(at, abortSignal, async (client, { UploadPartCommand }) => {
        const input = { ...addressOf(at), PartNumber: number, Body: bytes, ContentLength: bytes.length };
        const { ETag } = await client.send(new UploadPartCommand(input), { abortSignal });
        if (ETag === undefined) throw new Error('the answer to a part has no ETag');
        return { PartNumber: number, ETag };
      }),

    completeUpload: (at, parts, abortSignal) =>
      unlessThere((condition) =>
        request(at, abortSignal, (client, { CompleteMultipartUploadCommand }) => {
          const input = { ...addressOf(at), ...condition, MultipartUpload: { Parts: [...parts] } };
          return client.send(new CompleteMultipartUploadCommand(input), { abortSignal });
        }),
      ),

    abortUpload: (at, abortSignal) =>
      request(at, abortSignal, async (client, { AbortMultipartUploadCommand }) => {
        await client.send(new AbortMultipartUploadCommand(addressOf(at)), { abortSignal });
      }),

    async sizeOf(at, abortSignal) {
      try {
        return await request(at, abortSignal, async (client, { HeadObjectCommand }) => {
          const answer = await client.send(new HeadObjectCommand({ Bucket: at.bucket, Key: at.key }), { abortSignal });
          return answer.ContentLength ?? 0;
        });
      } catch (error) {
        if (error instanceof DeliveryError && error.code === 'S3.NoSuchKey') return undefined;
        throw error;
      }
    },
  };
}

/** How S3's client is told what the settings say. */
export function clientConfig(settings: S3Settings) {
  const agent = { maxSockets: settings.connections ?? CONNECTIONS };
  return {
    region: settings.region,
    ...(settings.endpoint !== undefined && { endpoint: settings.endpoint }),
    forcePathStyle: settings.forcePathStyle ?? settings.endpoint !== undefined,
    maxAttempts: TRIES,
    requestChecksumCalculation: 'WHEN_REQUIRED' as const,
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    // Asking before sending a body would cost the client a new connection each time.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: settings.silenceMs ?? SILENCE_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
  };
}
