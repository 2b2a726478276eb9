import { operation } from '../operation.ts';
import { deliveryStreamName } from '../shapes/common.ts';
import { integer, string, structure } from '../shapes/index.ts';
import { describeStream } from '../streams/describe.ts';
import { findStream } from '../streams/find.ts';

/**
 * Limit and start id change nothing: a stream has one destination, and AWS was seen to describe it whatever the start
 * id.
 */
const input = structure(
  {
    DeliveryStreamName: deliveryStreamName,
    Limit: integer({ min: 1, max: 10_000 }),
    ExclusiveStartDestinationId: string({ min: 1, max: 100, pattern: '[a-zA-Z0-9-]+' }),
  },
  ['DeliveryStreamName'],
);

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_DescribeDeliveryStream.html */
export const describeDeliveryStream = operation(input, async (context, { DeliveryStreamName }) => {
  const stream = await findStream(context, DeliveryStreamName);
  return { DeliveryStreamDescription: describeStream(stream, context.now()) };
});
