import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { structure } from '../shapes/index.ts';
import { onlyDirectPut } from '../streams/encryption.ts';
import { findActiveStream } from '../streams/find.ts';

const input = structure({ DeliveryStreamName: deliveryStreamName }, ['DeliveryStreamName']);

/**
 * No stream is encrypted here, so there is nothing to stop, which is what the caller wants.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_StopDeliveryStreamEncryption.html
 */
export const stopDeliveryStreamEncryption = operation(input, async (context, { DeliveryStreamName }) => {
  const { type } = await findActiveStream(context, DeliveryStreamName, 'stop encryption of');
  if (type !== 'DirectPut' && type !== 'DatabaseAsSource') throw onlyDirectPut();
  return {};
});
