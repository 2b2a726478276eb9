import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { structure } from '../shapes/index.ts';
import { tagList } from '../shapes/tags.ts';
import { changeTags } from '../streams/change-tags.ts';
import { mergeTags } from '../streams/tags.ts';

const input = structure({ DeliveryStreamName: deliveryStreamName, Tags: tagList }, ['DeliveryStreamName', 'Tags']);

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_TagDeliveryStream.html */
export const tagDeliveryStream = operation(input, async (context, { DeliveryStreamName, Tags }) => {
  await changeTags(context, DeliveryStreamName, (tags) => mergeTags(tags, Tags));
  return {};
});
