import { ApiError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { boolean, structure } from '../shapes/index.ts';
import { changeStream } from '../streams/find.ts';
import { statusOf } from '../streams/status.ts';

/** `AllowForceDelete` is about grants on KMS keys that cannot be retired; there are none to retire here. */
const input = structure({ DeliveryStreamName: deliveryStreamName, AllowForceDelete: boolean }, ['DeliveryStreamName']);

/**
 * What is still buffered is discarded, as on AWS; a crash before that leaves records of a stream that is gone, which
 * the drain discards.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_DeleteDeliveryStream.html
 */
export const deleteDeliveryStream = operation(input, async (context, { DeliveryStreamName: name }) => {
  const { accountId, transitionMs } = context.settings;
  let deleted: StreamDefinition | undefined;
  await changeStream(context, name, (current) => {
    const now = context.now();
    const status = statusOf(current, now);
    if (status === 'DELETING') return current;
    if (status === 'CREATING') {
      const message = `Firehose ${name} under account ${accountId} cannot be deleted in CREATING state`;
      throw new ApiError('ResourceInUseException', message);
    }
    deleted = current;
    return transitionMs === 0 ? undefined : { ...current, goneAt: now + transitionMs };
  });
  if (deleted !== undefined) await context.discard(deleted);
  return {};
});
