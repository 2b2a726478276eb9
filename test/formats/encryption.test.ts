import { KeyringNode } from '@aws-crypto/client-node';
import { describe, expect, it } from 'vitest';
import { encrypted } from '../../src/formats/encryption.ts';
import { collected, logLines, noise, streamOf, watched } from './chunks.ts';
import { decrypted, rawKeyring } from './decrypted.ts';

const ARN = 'arn:aws:kms:eu-west-1:000000000000:key/lake';
const CONTEXT = { stream: 'arn:s', bucket: 'lake', key: 'a/b' };
const KEYRING = rawKeyring(ARN, 7);
const OPTIONS = { kmsKeyArn: ARN, key: async () => KEYRING, context: CONTEXT };
const never = new AbortController().signal;
const encrypt = (...chunks: readonly Uint8Array[]) => collected(encrypted(streamOf(chunks), OPTIONS, never));

describe('what is encrypted', () => {
  it.each([0, 1, 65_535, 65_536, 65_537, 262_144, 1_000_001])('%i bytes long is decrypted to itself', async (bytes) => {
    const content = noise(bytes);

    expect((await decrypted(await encrypt(content), KEYRING)).plaintext.equals(content)).toBe(true);
  });

  it('in many small chunks is one message', async () => {
    const content = logLines(200_000);
    const lines = content
      .toString()
      .split(/(?<=\n)/)
      .map((line) => Buffer.from(line));

    expect((await decrypted(await encrypt(...lines), KEYRING)).plaintext.equals(content)).toBe(true);
  });

  it('carries its context and is cut into frames of 64 KiB', async () => {
    const { encryptionContext, frameLength } = await decrypted(await encrypt(noise(5)), KEYRING);

    expect(encryptionContext).toEqual(CONTEXT);
    expect(frameLength).toBe(65_536);
  });

  it('again is other bytes of the same number', async () => {
    const [first, second] = [await encrypt(noise(70_000)), await encrypt(noise(70_000))];

    expect(first.equals(second)).toBe(false);
    expect(first.length).toBe(second.length);
    expect(first.includes(noise(70_000).subarray(0, 16))).toBe(false);
  });
});

describe('a message', () => {
  it('that was cut off anywhere is not decrypted', async () => {
    const message = await encrypt(noise(200_000));
    for (const bytes of [0, 100, 70_000, 140_000, message.length - 1]) {
      await expect(decrypted(message.subarray(0, bytes), KEYRING), `${bytes}`).rejects.toThrow();
    }
  });

  it('of which one bit was changed anywhere is not decrypted', async () => {
    const message = await encrypt(noise(70_000));
    const contextAt = message.indexOf('lake');
    for (const at of [contextAt, 1_000, 69_000, message.length - 1]) {
      const changed = Buffer.from(message);
      changed[at] = changed[at]! ^ 1; // at < length
      await expect(decrypted(changed, KEYRING), `${at}`).rejects.toThrow();
    }
  });

  it('is not decrypted under another key', async () => {
    await expect(decrypted(await encrypt(noise(5)), rawKeyring(ARN, 8))).rejects.toThrow('unencryptedDataKey');
  });
});

describe('encryption', () => {
  it('asks for a key and reads nothing before its first byte is asked for', async () => {
    const source = watched([noise(5)]);
    let asked = 0;
    const key = async () => {
      asked++;
      return KEYRING;
    };

    await encrypted(source, { ...OPTIONS, key }, never).return(undefined);

    expect([asked, source.pulled]).toEqual([0, 0]);
  });

  it('reads no further than it is asked to', async () => {
    const source = watched(Array.from({ length: 20 }, () => noise(262_144)));
    const message = encrypted(source, OPTIONS, never);

    await message.next();

    expect(source.pulled).toBeLessThan(4);
    await message.return(undefined);
    expect(source.closed).toBe(true);
  });

  it('hands on what its source throws', async () => {
    async function* failing() {
      yield noise(300_000);
      throw new Error('source');
    }

    await expect(collected(encrypted(failing(), OPTIONS, never))).rejects.toThrow('source');
  });

  it('that gets no data key sends nothing, and says why in AWS\u2019s codes', async () => {
    const source = watched([noise(5)]);
    const refused = Object.assign(new Error('Key is disabled.'), { name: 'DisabledException' });
    const message = encrypted(source, { ...OPTIONS, key: async () => answering(() => Promise.reject(refused)) }, never);

    await expect(collected(message)).rejects.toMatchObject({
      code: 'S3.KMS.DisabledException',
      message: `There is no data key under ${ARN} to encrypt with (DisabledException): Key is disabled.`,
      retryable: true,
      refused: true,
    });
    expect(source.pulled).toBe(0);
  });

  it('stops waiting for a data key when it is aborted, and an error after that harms nobody', async () => {
    const stop = new AbortController();
    let fail = (_: Error) => {};
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const keyring = answering(() => {
      asked();
      return new Promise((_, reject) => {
        fail = reject;
      });
    });
    const message = collected(encrypted(streamOf([]), { ...OPTIONS, key: async () => keyring }, stop.signal));

    await isAsked;
    stop.abort(new Error('enough'));
    await expect(message).rejects.toThrow('enough');
    fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve)); // an unhandled error would end the test run here
  });
});

/** A keyring that asks for data keys as KMS's does, and gets this answer. */
function answering(answer: () => Promise<never>): KeyringNode {
  class Answering extends KeyringNode {
    override _onEncrypt = answer;
    override _onDecrypt = answer;
  }
  return new Answering();
}
