import { describe, expect, test } from 'vitest';
import { testApi } from '../kit/api.ts';
import { EXTENDED_S3 } from './inputs.ts';

describe('CreateDeliveryStream and DescribeDeliveryStream', () => {
  test('a stream of role and bucket alone is described with every default of AWS', async () => {
    const { output, clock } = testApi();

    const created = await output('CreateDeliveryStream', {
      DeliveryStreamName: 'clicks',
      ExtendedS3DestinationConfiguration: EXTENDED_S3,
    });
    const described = await output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' });

    const arn = 'arn:aws:firehose:us-east-1:123456789012:deliverystream/clicks';
    expect(created).toEqual({ DeliveryStreamARN: arn });
    const s3 = {
      ...EXTENDED_S3,
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
      CompressionFormat: 'UNCOMPRESSED',
      EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
      CloudWatchLoggingOptions: { Enabled: false },
    };
    expect(described).toEqual({
      DeliveryStreamDescription: {
        DeliveryStreamName: 'clicks',
        DeliveryStreamARN: arn,
        DeliveryStreamStatus: 'ACTIVE',
        DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
        DeliveryStreamType: 'DirectPut',
        VersionId: '1',
        CreateTimestamp: clock.now / 1000,
        Destinations: [
          {
            DestinationId: 'destinationId-000000000001',
            S3DestinationDescription: s3,
            ExtendedS3DestinationDescription: { ...s3, S3BackupMode: 'Disabled' },
          },
        ],
        HasMoreDestinations: false,
      },
    });
  });
});
