import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { KeyringNode } from '@aws-crypto/client-node';
import { DeliveryError } from '../core/errors.ts';
import { blocks } from './blocks.ts';

/**
 * The keys under which objects are encrypted before they leave, by the KMS key ARN that a stream names, compared
 * exactly. Undefined for one that the store is to encrypt under.
 */
export type EncryptionKeys = (kmsKeyArn: string) => EncryptionKey | undefined;

/**
 * Makes what seals each object's own data key under the key. Loads the library that `encrypted` loads, and asks nobody
 * for anything yet.
 */
export type EncryptionKey = () => Promise<KeyringNode>;

export interface EncryptionOptions {
  readonly kmsKeyArn: string;
  readonly key: EncryptionKey;
  /**
   * Stands in the message in the clear, cannot be changed there, and goes to KMS with every use of the key: whoever
   * decrypts compares it with what they expect.
   */
  readonly context: Readonly<Record<string, string>>;
}

/** Behind the extension that an object would have in the clear: what AWS's own command line appends. */
export const ENCRYPTED_EXTENSION = '.encrypted';

/**
 * The unit that is sealed and can be checked by itself: whoever decrypts a stream holds one. The library's default of 4
 * KiB is six times slower; beyond 64 KiB little is gained.
 */
const FRAME_BYTES = 64 * 1024;

/**
 * Chunks as one message in the AWS Encryption SDK's format: AES-256-GCM under a data key of its own, so that the same
 * chunks give other bytes each time, of the same number for one key and context.
 * https://docs.aws.amazon.com/encryption-sdk/latest/developer-guide/message-format.html
 *
 * The suite commits to its key and has no signature. A signature would tell writers from readers, but who holds a
 * symmetric key is both; it doubles the cost, and it stands at the end, so that nothing of a stream could be trusted
 * before all of it was read.
 *
 * Streams in constant memory. Whoever stops reading early closes `chunks` and erases the data key. When there is no
 * data key, rejects with a `DeliveryError` before the first byte; when the signal aborts by then, with its reason.
 */
export async function* encrypted(
  chunks: AsyncIterable<Uint8Array>,
  { kmsKeyArn, key, context }: EncryptionOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const sdk = await import('@aws-crypto/client-node');
  const { encryptStream } = sdk.buildEncrypt(sdk.CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const stream = encryptStream(await key(), {
    suiteId: sdk.AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
    frameLength: FRAME_BYTES,
    encryptionContext: { ...context },
  });
  let output: Uint8Array[] = [];
  stream.on('data', (chunk: Uint8Array) => output.push(chunk));
  const taken = (): Uint8Array[] => {
    const ready = output;
    output = [];
    return ready;
  };
  const broken = failureOf(stream);

  try {
    await dataKey(stream, kmsKeyArn, signal);
    for await (const block of blocks(chunks, BLOCK_BYTES)) {
      await Promise.race([broken, new Promise((resolve) => stream.write(block, resolve))]);
      yield* taken();
    }
    await Promise.race([broken, new Promise((resolve) => stream.once('end', resolve).end())]);
    stream.destroy();
    yield* taken();
  } finally {
    bringToEnd(stream);
  }
}

/** One block is under way at a time, so memory stays flat however slowly the result is taken. */
const BLOCK_BYTES = 4 * FRAME_BYTES;

/** Rejects with the stream's error whenever that comes: after nobody waits any longer, too, without harm. */
function failureOf(stream: Duplex): Promise<never> {
  const failure = new Promise<never>((_, reject) => stream.on('error', reject));
  failure.catch(() => undefined);
  return failure;
}

async function dataKey(stream: Duplex, kmsKeyArn: string, signal: AbortSignal): Promise<void> {
  try {
    await once(stream, 'MessageHeader', { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw withoutDataKey(kmsKeyArn, error);
  }
}

/**
 * Destroying the stream erases the data key. Before its end it must not be: of the error that follows between the
 * library's inner streams nobody is told, and it is thrown where nobody can catch it.
 */
function bringToEnd(stream: Duplex): void {
  if (!stream.destroyed) stream.once('end', () => stream.destroy()).end();
}

/** AWS's codes are `S3.KMS.<KMS's own>`. Nothing was sent, so that the plan may be replaced. */
function withoutDataKey(kmsKeyArn: string, thrown: unknown): DeliveryError {
  const error: Error & { readonly code?: unknown } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = typeof error.code === 'string' ? error.code : error.name;
  return new DeliveryError(`There is no data key under ${kmsKeyArn} to encrypt with (${code}): ${error.message}`, {
    code: `S3.KMS.${code}`,
    retryable: true,
    refused: true,
  });
}
