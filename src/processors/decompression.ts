import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isLogEnvelope } from './cloudwatch-logs.ts';
import type { Item, Outcome } from './item.ts';

/**
 * Firehose's Decompression: records that CloudWatch Logs has put, gzipped JSON envelopes, become their JSON. Anything
 * else fails, as observed on AWS.
 * https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs-decompression.html
 */
export async function decompress(item: Item): Promise<Outcome> {
  const data = await inflated(item.data);
  if (data === undefined || !isLogEnvelope(data)) return NOT_FROM_CLOUDWATCH;
  return [{ ...item, data }];
}

/** The code is AWS's, full stop and all. */
const NOT_FROM_CLOUDWATCH = {
  type: 'decompression-failed',
  code: 'Decompression failed.',
  message: 'Decompression failed because input data does not conform to cloudwatch log.',
};

/** A record of 1 MB can inflate to a thousand times that. CloudWatch Logs puts at most 1 MB before compression. */
const INFLATED_MOST_BYTES = 16 * 1024 * 1024;

/** On a worker thread, one record at a time. Several gzip members in one record are one text, as in any gzip. */
async function inflated(data: Uint8Array): Promise<Buffer | undefined> {
  try {
    return await promisify(gunzip)(data, { maxOutputLength: INFLATED_MOST_BYTES });
  } catch {
    return undefined; // not gzip, cut short, or a bomb: on AWS all of them fail with one and the same reason
  }
}
