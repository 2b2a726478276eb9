/** A stream as it is written for AWS, and what a Hydrant needs beside it: the function's module and the Glue table. */

export const LAMBDA_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:enrich:$LATEST';

const ROLE = 'arn:aws:iam::123456789012:role/firehose-delivery';

/** For `aws firehose create-delivery-stream --cli-input-json`. */
export const STREAM = {
  DeliveryStreamName: 'orders',
  DeliveryStreamType: 'DirectPut',
  ExtendedS3DestinationConfiguration: {
    RoleARN: ROLE,
    BucketARN: 'arn:aws:s3:::lake',
    Prefix: 'orders/customer=!{partitionKeyFromQuery:customer}/day=!{partitionKeyFromQuery:day}/',
    ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/',
    BufferingHints: { SizeInMBs: 128, IntervalInSeconds: 300 },
    CompressionFormat: 'UNCOMPRESSED',
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: {
      Enabled: true,
      LogGroupName: '/aws/kinesisfirehose/orders',
      LogStreamName: 'DestinationDelivery',
    },
    S3BackupMode: 'Disabled',
    DynamicPartitioningConfiguration: { Enabled: true, RetryOptions: { DurationInSeconds: 300 } },
    ProcessingConfiguration: {
      Enabled: true,
      Processors: [
        {
          Type: 'Lambda',
          Parameters: [
            { ParameterName: 'LambdaArn', ParameterValue: LAMBDA_ARN },
            { ParameterName: 'NumberOfRetries', ParameterValue: '3' },
            { ParameterName: 'RoleArn', ParameterValue: ROLE },
            { ParameterName: 'BufferSizeInMBs', ParameterValue: '1' },
            { ParameterName: 'BufferIntervalInSeconds', ParameterValue: '60' },
          ],
        },
        {
          Type: 'MetadataExtraction',
          Parameters: [
            { ParameterName: 'MetadataExtractionQuery', ParameterValue: '{customer: .customer, day: .placed[0:10]}' },
            { ParameterName: 'JsonParsingEngine', ParameterValue: 'JQ-1.6' },
          ],
        },
      ],
    },
    DataFormatConversionConfiguration: {
      Enabled: true,
      SchemaConfiguration: {
        RoleARN: ROLE,
        CatalogId: '123456789012',
        DatabaseName: 'shop',
        TableName: 'orders',
        Region: 'eu-central-1',
        VersionId: 'LATEST',
      },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: { CaseInsensitive: true } } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } } },
    },
  },
  Tags: [{ Key: 'team', Value: 'shop' }],
};

/** As uploaded to Lambda. Numbers beyond a double's stay as they are, because the text does. */
export const FUNCTION = `
export const handler = async (event) => {
  const records = event.records.map(({ recordId, data }) => {
    const text = Buffer.from(data, 'base64').toString();
    const { fate } = JSON.parse(text);
    if (fate === 'failed') return { recordId, result: 'ProcessingFailed', data };
    if (fate === 'dropped') return { recordId, result: 'Dropped', data };
    const enriched = text.replace(/}$/, ',"channel":"web"}\\n');
    return { recordId, result: 'Ok', data: Buffer.from(enriched).toString('base64') };
  });
  return { records };
};
`;

export const CONFIGURATION = {
  functions: { enrich: './enrich.mjs' },
  schemas: {
    'shop.orders': {
      // Without the partitions' columns, as in Glue.
      columns: Object.entries({
        id: 'bigint',
        placed: 'timestamp',
        due: 'date',
        total: 'decimal(12,2)',
        address: 'struct<street:string,zip:int>',
        items: 'array<struct<sku:string,quantity:int>>',
        tags: 'map<string,string>',
        channel: 'string',
      }).map(([name, type]) => ({ name, type })),
    },
  },
};
