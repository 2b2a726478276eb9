import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { structure } from '../shapes/index.ts';
import { tagKeyList } from '../shapes/tags.ts';
import { changeTags } from '../streams/change-tags.ts';

const input = structure({ DeliveryStreamName: deliveryStreamName, TagKeys: tagKeyList }, [
  'DeliveryStreamName',
  'TagKeys',
]);

/**
 * Keys that the stream does not have are ignored.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_UntagDeliveryStream.html
 */
export const untagDeliveryStream = operation(input, async (context, { DeliveryStreamName, TagKeys }) => {
  await changeTags(context, DeliveryStreamName, (tags) => tags.filter(({ Key }) => !TagKeys.includes(Key)));
  return {};
});
