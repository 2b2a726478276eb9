import { gunzipped } from '../formats/gunzip.ts';
import { LOG_ENVELOPE_MOST_BYTES, logEnvelopeIn } from '../formats/log-envelope.ts';
import type { Item, Outcome } from './item.ts';

/**
 * Firehose's Decompression: records that CloudWatch Logs has put, gzipped JSON envelopes, become their JSON. Anything
 * else fails, as observed on AWS; so does what is not gzip, cut short, or a bomb, all with one and the same reason.
 * https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs-decompression.html
 */
export async function decompress(item: Item): Promise<Outcome> {
  const data = await gunzipped(item.data, LOG_ENVELOPE_MOST_BYTES);
  if (typeof data === 'string' || logEnvelopeIn(data) === undefined) return NOT_FROM_CLOUDWATCH;
  return [{ ...item, data }];
}

/** The code is AWS's, full stop and all. */
const NOT_FROM_CLOUDWATCH = {
  type: 'decompression-failed',
  code: 'Decompression failed.',
  message: 'Decompression failed because input data does not conform to cloudwatch log.',
};
