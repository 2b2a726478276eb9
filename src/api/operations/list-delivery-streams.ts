import { operation } from '../operation.ts';
import { deliveryStreamName, deliveryStreamType } from '../shapes/common.ts';
import { integer, structure } from '../shapes/index.ts';
import { statusOf } from '../streams/status.ts';

const input = structure({
  Limit: integer({ min: 1, max: 10_000 }),
  DeliveryStreamType: deliveryStreamType,
  ExclusiveStartDeliveryStreamName: deliveryStreamName,
});

const LIMIT_UNLESS_GIVEN = 10;

/**
 * In byte order of the names, from after the start name, which need not exist.
 * https://docs.aws.amazon.com/firehose/latest/APIReference/API_ListDeliveryStreams.html
 */
export const listDeliveryStreams = operation(input, async (context, given) => {
  const { Limit = LIMIT_UNLESS_GIVEN, DeliveryStreamType: type, ExclusiveStartDeliveryStreamName: after = '' } = given;
  const now = context.now();
  const all = await context.streams.list();
  // Names are ASCII, for which comparing strings is comparing bytes.
  const rest = all.filter(
    (stream) => stream.name > after && (type === undefined || stream.type === type) && statusOf(stream, now) !== 'GONE',
  );
  return {
    DeliveryStreamNames: rest.slice(0, Limit).map(({ name }) => name),
    HasMoreDeliveryStreams: rest.length > Limit,
  };
});
