/** Small valid inputs for tests of the API. */

export const ROLE = 'arn:aws:iam::123456789012:role/firehose';

export const EXTENDED_S3 = { RoleARN: ROLE, BucketARN: 'arn:aws:s3:::clicks' };
