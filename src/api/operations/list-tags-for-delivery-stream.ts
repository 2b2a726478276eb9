import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { integer, structure } from '../shapes/index.ts';
import { TAGS_MOST, tagKey } from '../shapes/tags.ts';
import { findStream } from '../streams/find.ts';
import { compareKeys } from '../streams/tags.ts';

const input = structure(
  {
    DeliveryStreamName: deliveryStreamName,
    ExclusiveStartTagKey: tagKey,
    Limit: integer({ min: 1, max: TAGS_MOST }),
  },
  ['DeliveryStreamName'],
);

/**
 * In byte order of the keys.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListTagsForDeliveryStream.html
 */
export const listTagsForDeliveryStream = operation(input, async (context, given) => {
  const { DeliveryStreamName, ExclusiveStartTagKey: after = '', Limit = TAGS_MOST } = given;
  const { tags } = await findStream(context, DeliveryStreamName);
  const rest = tags.filter(({ Key }) => compareKeys(Key, after) > 0);
  return { Tags: rest.slice(0, Limit).map((tag) => ({ ...tag })), HasMoreTags: rest.length > Limit };
});
