import { readFile, stat } from 'node:fs/promises';
import type { KmsNodeClientSupplier } from '@aws-crypto/client-node';
import { ConfigError } from '../core/errors.ts';
import { decodeBase64 } from '../formats/base64.ts';
import type { EncryptionKey, EncryptionKeys } from '../formats/encryption.ts';

/** How the key of an ARN is held: in a file here, or by KMS, or by what speaks its API at `endpoint`. */
export type KeyHolding = { readonly file: string } | { readonly kms: { readonly endpoint?: string } };

/**
 * The keys that objects are encrypted under before they leave. Key files are read now, once: a `ConfigError` names one
 * that cannot be used. KMS is asked when there is something to encrypt.
 */
export async function encryptionKeys(holdings: Readonly<Record<string, KeyHolding>>): Promise<EncryptionKeys> {
  const keys = new Map<string, EncryptionKey>();
  for (const [arn, holding] of Object.entries(holdings)) {
    keys.set(arn, 'file' in holding ? rawKey(arn, await keyIn(holding.file, arn)) : kmsKey(arn, holding.kms));
  }
  return (kmsKeyArn) => keys.get(kmsKeyArn);
}

/** What readers of our objects name together with the key's ARN. */
const KEY_NAMESPACE = 'hydrant';

function rawKey(arn: string, unencryptedMasterKey: Uint8Array): EncryptionKey {
  return async () => {
    const { RawAesKeyringNode, RawAesWrappingSuiteIdentifier } = await import('@aws-crypto/client-node');
    return new RawAesKeyringNode({
      keyNamespace: KEY_NAMESPACE,
      keyName: arn,
      unencryptedMasterKey,
      wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
    });
  };
}

const CONNECT_MS = 5_000;
const SILENCE_MS = 10_000;
/** One more try absorbs a connection that was closed while it was idle. All other retrying is the drain's. */
const TRIES = 2;

/** Each object's data key comes from KMS, in the ARN's region. */
function kmsKey(arn: string, { endpoint }: { readonly endpoint?: string }): EncryptionKey {
  const load = async () => {
    const { KMS, KmsKeyringNode } = await import('@aws-crypto/client-node');
    const client = new KMS({
      region: arn.split(':')[3] ?? '',
      maxAttempts: TRIES,
      requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
      ...(endpoint !== undefined && { endpoint }),
    });
    // The library's types of KMS's answers leave out that absent members may be there and undefined.
    const clientProvider = () => client as unknown as KmsInterface;
    return new KmsKeyringNode({ generatorKeyId: arn, clientProvider });
  };
  let loaded: ReturnType<typeof load> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

type KmsInterface = Exclude<ReturnType<KmsNodeClientSupplier>, false>;

const KEY_BYTES = 32;
/** The longest form of a key, base64 with a line's end, is shorter. */
const FILE_BYTES_MOST = 128;
/**
 * The permissions of all others. Those of the group may be: it is how a key is handed to a service that runs as another
 * user.
 */
const OTHERS = 0o007;

async function keyIn(file: string, arn: string): Promise<Uint8Array> {
  const field = `encryptionKeys.${arn}.file`;
  const { mode, size } = await readable(stat(file), file, field);
  if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
    const shown = (mode & 0o777).toString(8);
    throw new ConfigError(field, `${file} is open to every user of this machine (mode ${shown}): chmod 600 it.`);
  }
  const bytes = size > FILE_BYTES_MOST ? undefined : await readable(readFile(file), file, field);
  const key = bytes && decoded(bytes);
  if (key === undefined) {
    throw new ConfigError(
      field,
      `${file} holds ${size} bytes that are no key of 256 bits: 32 bytes as they are, 44 characters of base64 ` +
        `or 64 hexadecimal digits. Make one with: openssl rand -base64 -out ${file} 32`,
    );
  }
  return key;
}

/** In memory of its own, as the library demands. */
function decoded(bytes: Buffer): Uint8Array | undefined {
  if (bytes.length === KEY_BYTES) return Uint8Array.from(bytes);
  const text = bytes.toString('latin1').trim();
  const key = /^[0-9a-fA-F]{64}$/.test(text) ? Buffer.from(text, 'hex') : decodeBase64(text);
  return key?.length === KEY_BYTES ? Uint8Array.from(key) : undefined;
}

async function readable<T>(reading: Promise<T>, file: string, field: string): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    // The system's own words name the file and what is wrong, and hold nothing of its content.
    throw new ConfigError(field, `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
