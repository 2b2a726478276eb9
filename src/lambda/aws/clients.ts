import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import type { S3 } from '@aws-sdk/client-s3';
import type { SQS } from '@aws-sdk/client-sqs';

/**
 * AWS's clients, each loaded and made when it is first asked for, and then kept. They do not try again by themselves:
 * see `asked`.
 */
export interface AwsClients {
  readonly dynamo: () => Promise<DynamoDB>;
  readonly s3: () => Promise<S3>;
  readonly sqs: () => Promise<SQS>;
}

export interface ClientSettings {
  /** By default where every AWS tool finds it. */
  readonly region?: string;
  /** Of an emulator that speaks for all services; by default each has its AWS_ENDPOINT_URL_<SERVICE>. */
  readonly endpoint?: string;
}

/** A row, or a message, is answered within milliseconds; an object of some MiB within a second or two. */
const CONNECT_MS = 2_000;
const SILENCE_MS = 10_000;

export function awsClients(given: ClientSettings = {}): AwsClients {
  const settings = {
    ...given,
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  };
  const { AWS_ENDPOINT_URL_S3: ofS3, AWS_ENDPOINT_URL: ofAll } = process.env;
  return {
    dynamo: once(async () => new (await import('@aws-sdk/client-dynamodb')).DynamoDB(settings)),
    sqs: once(async () => new (await import('@aws-sdk/client-sqs')).SQS(settings)),
    s3: once(async () => {
      const { S3 } = await import('@aws-sdk/client-s3');
      return new S3({
        ...settings,
        // Only AWS has a host name for each bucket, and knows the newer checksums.
        forcePathStyle: (given.endpoint ?? ofS3 ?? ofAll) !== undefined,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      });
    }),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
