import { regionIn } from '../caller.ts';
import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { structure } from '../shapes/index.ts';
import { encryptionConfigurationInput } from '../shapes/sources.ts';
import { cannotEncrypt, checkEncryption } from '../streams/encryption.ts';
import { findActiveStream } from '../streams/find.ts';

const input = structure(
  {
    DeliveryStreamName: deliveryStreamName,
    DeliveryStreamEncryptionConfigurationInput: encryptionConfigurationInput,
  },
  ['DeliveryStreamName'],
);

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_StartDeliveryStreamEncryption.html */
export const startDeliveryStreamEncryption = operation(input, async (context, given) => {
  const stream = await findActiveStream(context, given.DeliveryStreamName, 'start encryption of');
  const encryption = given.DeliveryStreamEncryptionConfigurationInput ?? { KeyType: 'AWS_OWNED_CMK' };
  checkEncryption(encryption, { type: stream.type, region: regionIn(stream.arn) });
  throw cannotEncrypt();
});
