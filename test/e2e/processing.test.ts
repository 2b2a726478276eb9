import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateDeliveryStreamCommand, FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hydrant, objectsIn, s3Destination, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

describe('a stream with processors', () => {
  let folder: string;
  let endpoint: string;
  let sdk: FirehoseClient;

  beforeAll(async () => {
    folder = await newFolder();
    await writeFile(join(folder, 'shout.mjs'), SHOUT);
    await writeFile(
      join(folder, 'hydrant.config.json'),
      JSON.stringify({ functions: { shout: './shout.mjs' }, schemas: SCHEMAS }),
    );
    endpoint = (await start(folder)).url;
    const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
    sdk = new FirehoseClient({ endpoint, region: 'eu-central-1', credentials });
    return () => sdk.destroy();
  });

  async function create(name: string, more: object): Promise<void> {
    const ExtendedS3DestinationConfiguration = s3Destination(name, [64, 60], more);
    await sdk.send(new CreateDeliveryStreamCommand({ DeliveryStreamName: name, ExtendedS3DestinationConfiguration }));
  }

  async function put(name: string, ...records: readonly (string | Uint8Array)[]): Promise<void> {
    const Records = records.map((record) => ({ Data: Buffer.from(record) }));
    await sdk.send(new PutRecordBatchCommand({ DeliveryStreamName: name, Records }));
  }

  /** What was delivered: the keys up to the objects' own names, and the objects' texts. */
  async function delivered(name: string): Promise<Record<string, string>> {
    const flushed = await hydrant(['flush', name, '--endpoint', endpoint]);
    expect(flushed).toMatchObject({ status: 0, stderr: '' });
    const texts: Record<string, string> = {};
    for await (const [key, bytes] of objectsIn(folder, name)) {
      texts[key.slice(0, key.lastIndexOf('/') + 1)] = bytes.toString();
    }
    return texts;
  }

  it('cuts records, partitions them by a query, and puts what it cannot place under the error prefix', async () => {
    await create('orders', {
      Prefix: 'customer=!{partitionKeyFromQuery:customer}/year=!{partitionKeyFromQuery:year}/',
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          { Type: 'RecordDeAggregation', Parameters: [parameter('SubRecordType', 'JSON')] },
          {
            Type: 'MetadataExtraction',
            Parameters: [
              parameter('MetadataExtractionQuery', '{customer: .customer, year: .at|strftime("%Y")}'),
              parameter('JsonParsingEngine', 'JQ-1.6'),
            ],
          },
          { Type: 'AppendDelimiterToRecord', Parameters: [parameter('Delimiter', '\\n')] },
        ],
      },
    });

    await put('orders', '{"customer":"a","at":0}{"customer":"b","at":0}', '{"customer":"a","at":1}', 'no json');

    const texts = await delivered('orders');
    expect(Object.keys(texts).sort()).toEqual([
      'customer=a/year=1970/',
      'customer=b/year=1970/',
      'errors/metadata-extraction-failed/',
    ]);
    expect(texts['customer=a/year=1970/']).toBe('{"customer":"a","at":0}\n{"customer":"a","at":1}');
    const { rawData, errorCode, errorMessage } = JSON.parse(texts['errors/metadata-extraction-failed/'] ?? '');
    expect([Buffer.from(rawData, 'base64').toString(), errorCode, errorMessage]).toEqual([
      'no json',
      'DynamicPartitioning.MetadataExtractionFailed',
      'Non JSON record provided',
    ]);
  });

  it('unpacks what CloudWatch Logs sends', async () => {
    await create('logs', {
      Prefix: 'logs/',
      ErrorOutputPrefix: 'errors/',
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          { Type: 'Decompression', Parameters: [parameter('CompressionFormat', 'GZIP')] },
          { Type: 'CloudWatchLogProcessing', Parameters: [parameter('DataMessageExtraction', 'true')] },
        ],
      },
    });
    const envelope = {
      messageType: 'DATA_MESSAGE',
      logEvents: [{ message: 'one' }, { message: 'two' }],
    };

    await put('logs', gzipSync(JSON.stringify(envelope)), 'not gzip');

    const texts = Object.entries(await delivered('logs'));
    expect(texts.find(([key]) => key.startsWith('logs/'))?.[1]).toBe('one\ntwo\n');
    const [errors] = texts.filter(([key]) => key.startsWith('errors/decompression-failed/'));
    expect(JSON.parse(errors?.[1] ?? '')).toMatchObject({
      rawData: Buffer.from('not gzip').toString('base64'),
      errorCode: 'Decompression failed.',
    });
  });

  it('runs a module in place of a function, and partitions by the keys it gives', async () => {
    await create('shouts', {
      Prefix: 'by=!{partitionKeyFromLambda:by}/',
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: 'Lambda',
            Parameters: [parameter('LambdaArn', 'arn:aws:lambda:eu-central-1:000000000000:function:shout')],
          },
        ],
      },
    });

    await put('shouts', '{"by":"ann","say":"hi"}', '{"by":"bob","say":""}', 'no json', '{"by":"bob","say":"ho"}');

    const texts = await delivered('shouts');
    expect(texts).toMatchObject({ 'by=ann/': 'HI\n', 'by=bob/': 'HO\n' });
    const error = JSON.parse(texts['errors/processing-failed/'] ?? '');
    expect(Buffer.from(error.rawData, 'base64').toString()).toBe('no json');
    expect(error.lambdaARN).toBe('arn:aws:lambda:eu-central-1:000000000000:function:shout');
  });

  it('writes Parquet files into partitions, and puts what does not fit their table under the error prefix', async () => {
    await create('sales', {
      Prefix: 'customer=!{partitionKeyFromQuery:customer}/',
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: 'MetadataExtraction',
            Parameters: [
              parameter('MetadataExtractionQuery', '{customer: .customer}'),
              parameter('JsonParsingEngine', 'JQ-1.6'),
            ],
          },
        ],
      },
      DataFormatConversionConfiguration: {
        SchemaConfiguration: {
          RoleARN: 'arn:aws:iam::000000000000:role/firehose',
          DatabaseName: 'shop',
          TableName: 'sales',
        },
        InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
      },
    });

    await put(
      'sales',
      '{"customer":"a","total":1.5,"tags":["x","y"]}',
      '{"customer":"b","total":2}',
      '{"customer":"a","total":"a lot"}',
      '{"customer":"a","total":3}',
    );
    await hydrant(['flush', 'sales', '--endpoint', endpoint]);

    const rows: Record<string, unknown> = {};
    let errors = '';
    for await (const [key, bytes] of objectsIn(folder, 'sales')) {
      if (key.startsWith('errors/format-conversion-failed/')) errors += bytes;
      else rows[key.slice(0, key.indexOf('/'))] = await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
    }
    expect(rows).toEqual({
      'customer=a': [
        { customer: 'a', total: 1.5, tags: ['x', 'y'] },
        { customer: 'a', total: 3, tags: undefined },
      ],
      'customer=b': [{ customer: 'b', total: 2, tags: undefined }],
    });
    const error = JSON.parse(errors);
    expect(Buffer.from(error.rawData, 'base64').toString()).toBe('{"customer":"a","total":"a lot"}');
    expect(error).toMatchObject({
      lastErrorCode: 'DataFormatConversion.MalformedData',
      dataCatalogTable: { databaseName: 'shop', tableName: 'sales' },
    });
  });

  it('fails the record that its query does not end on, and no other', async () => {
    await create('hostile', {
      Prefix: 'p=!{partitionKeyFromQuery:p}/',
      ErrorOutputPrefix: 'errors/!{firehose:error-output-type}/',
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: 'MetadataExtraction',
            Parameters: [
              parameter('MetadataExtractionQuery', '{p: (.p | test("^(a+)+$") | tostring)}'),
              parameter('JsonParsingEngine', 'JQ-1.6'),
            ],
          },
        ],
      },
    });
    const poison = JSON.stringify({ p: `${'a'.repeat(60)}!` });

    await put('hostile', '{"p":"aa"}', poison, '{"p":"b"}');

    const texts = await delivered('hostile');
    expect(Object.keys(texts).sort()).toEqual(['errors/metadata-extraction-failed/', 'p=false/', 'p=true/']);
    const { rawData, errorMessage } = JSON.parse(texts['errors/metadata-extraction-failed/'] ?? '');
    expect(Buffer.from(rawData, 'base64').toString()).toBe(poison);
    expect(errorMessage).toBe('The query takes longer than 5 seconds.');
  });
});

function parameter(ParameterName: string, ParameterValue: string) {
  return { ParameterName, ParameterValue };
}

/** Drops who says nothing. */
const SHOUT = `
  export default (record) => {
    const { by, say } = record.json;
    return say === '' ? null : record.partitioned(say.toUpperCase() + '\\n', { by });
  };
`;

const SCHEMAS = {
  'shop.sales': {
    columns: [
      { name: 'customer', type: 'string' },
      { name: 'total', type: 'double' },
      { name: 'tags', type: 'array<string>' },
    ],
  },
};
