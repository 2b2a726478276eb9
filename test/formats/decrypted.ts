import {
  buildDecrypt,
  CommitmentPolicy,
  type KeyringNode,
  type MessageHeader,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
} from '@aws-crypto/client-node';

/** What the library makes of a message, and the context that it carries. Rejects when a bit of it is not right. */
export async function decrypted(message: Uint8Array, keyring: KeyringNode) {
  const { decryptUnsignedMessageStream } = buildDecrypt(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
  const stream = decryptUnsignedMessageStream(keyring);
  const chunks: Buffer[] = [];
  let header: MessageHeader | undefined;
  stream.once('MessageHeader', (read: MessageHeader) => {
    header = read;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject); // more than once
    stream.once('end', resolve).end(message);
  });
  if (header === undefined) throw new Error('a message has a header');
  const { encryptionContext, frameLength } = header;
  return { plaintext: Buffer.concat(chunks), encryptionContext: { ...encryptionContext }, frameLength };
}

/** What Hydrant makes of a key file: 32 times the same byte. */
export function rawKeyring(keyName: string, byte: number): KeyringNode {
  return new RawAesKeyringNode({
    keyNamespace: 'hydrant',
    keyName,
    unencryptedMasterKey: new Uint8Array(32).fill(byte),
    wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
  });
}
