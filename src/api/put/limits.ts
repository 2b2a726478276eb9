/** The quotas of a put: https://docs.aws.amazon.com/firehose/latest/dev/limits.html. Sizes are of decoded data. */

/** AWS's "1,000 KiB", which the service model spells out as 1,024,000. */
export const RECORD_BYTES_MOST = 1_024_000;
export const BATCH_RECORDS_MOST = 500;
export const BATCH_BYTES_MOST = 4 * 1024 * 1024;
