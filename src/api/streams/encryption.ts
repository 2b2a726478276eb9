import type { DeliveryStreamType } from '../../core/streams.ts';
import { regionIn } from '../caller.ts';
import { invalidArgument } from '../invalid.ts';
import type { ValueOf } from '../shapes/index.ts';
import type { encryptionConfigurationInput } from '../shapes/sources.ts';

/** AWS's rules for server-side encryption of what a stream buffers. */
export function checkEncryption(
  encryption: ValueOf<typeof encryptionConfigurationInput>,
  stream: { readonly type: DeliveryStreamType; readonly region: string },
): void {
  const { KeyType, KeyARN } = encryption;
  if (stream.type !== 'DirectPut' && stream.type !== 'DatabaseAsSource') throw onlyDirectPut();
  if (KeyType === 'CUSTOMER_MANAGED_CMK' && KeyARN === undefined) {
    throw invalidArgument('KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK');
  }
  if (KeyType === 'AWS_OWNED_CMK' && KeyARN !== undefined) {
    throw invalidArgument('KeyARN cannot be specified when KeyType is AWS_OWNED_CMK');
  }
  if (KeyARN !== undefined && regionIn(KeyARN) !== stream.region) {
    throw invalidArgument(
      'Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose',
    );
  }
}

export function onlyDirectPut(): Error {
  return invalidArgument(
    'Server side encryption from firehose is only allowed for direct put delivery streams and database as a source ' +
      'delivery streams',
  );
}

/** Encryption is done or refused, never ignored. Comes after AWS's own rules. */
export function cannotEncrypt(): Error {
  return invalidArgument(
    'This host cannot encrypt what it buffers under a stream key. ' +
      'Leave out server-side encryption, and keep the data folder on an encrypted disk.',
  );
}
