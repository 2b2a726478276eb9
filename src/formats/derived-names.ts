import { createHash } from 'node:crypto';

/**
 * Names that a delivery gives to what it creates. All derive from the batch id, so that a repeat after a crash makes
 * the same names and overwrites instead of doubling. They are unguessable only as far as the seed is.
 */

/** A UUID of version 4's shape, lower case, the same for the same seed. */
export function derivedUuid(seed: string): string {
  const bytes = digest(seed);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40; // A SHA-256 has 32 bytes.
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Firehose's `!{firehose:random-string}`: 11 alphanumerics, observed on AWS. */
const RANDOM_STRING_LENGTH = 11;

/** A sequence of random strings, a fresh one each call; the same seed gives the same sequence. */
export function derivedRandomStrings(seed: string): () => string {
  let drawn = 0;
  return () => {
    const hex = digest(`${seed}/random-string/${drawn++}`).toString('hex', 0, 16);
    // 128 bits over 62^11: the remainder's bias is far below anything observable.
    let number = BigInt(`0x${hex}`);
    let text = '';
    for (let i = 0; i < RANDOM_STRING_LENGTH; i++) {
      text += ALPHABET[Number(number % 62n)];
      number /= 62n;
    }
    return text;
  };
}

function digest(seed: string): Buffer {
  return createHash('sha256').update(seed).digest();
}
