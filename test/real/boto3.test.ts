import { beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { hydrant, linesIn } from '../e2e/hydrant.ts';
import { hydrantFor, WITH_AND_WITHOUT_KEYS } from './endpoint.ts';
import { itWith, tool } from './tools.ts';

const boto3 = tool('boto3', 'pip install boto3', ['python3', '-c', 'import boto3']);

const LIFE = `
import boto3, json
from botocore.exceptions import ClientError
firehose = boto3.client('firehose')
name = 'clicks'
seen = {}
s3 = {'RoleARN': 'arn:aws:iam::000000000000:role/any', 'BucketARN': 'arn:aws:s3:::lake'}
seen['arn'] = firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=s3)['DeliveryStreamARN']
seen['record'] = len(firehose.put_record(DeliveryStreamName=name, Record={'Data': b'one\\n'})['RecordId']) > 0
batch = firehose.put_record_batch(DeliveryStreamName=name, Records=[{'Data': f'{i}\\n'.encode()} for i in range(500)])
seen['batch'] = [batch['FailedPutCount'], len({r['RecordId'] for r in batch['RequestResponses']})]
describe = lambda: firehose.describe_delivery_stream(DeliveryStreamName=name)['DeliveryStreamDescription']
seen['created'] = describe()['CreateTimestamp'].year > 2000
firehose.update_destination(DeliveryStreamName=name, CurrentDeliveryStreamVersionId='1',
    DestinationId='destinationId-000000000001', ExtendedS3DestinationUpdate={'BufferingHints': {'SizeInMBs': 7}})
seen['hints'] = describe()['Destinations'][0]['ExtendedS3DestinationDescription']['BufferingHints']
firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=[{'Key': 'a', 'Value': '1'}, {'Key': 'b'}])
firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=['a'])
seen['tags'] = firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)['Tags']
seen['names'] = firehose.list_delivery_streams()['DeliveryStreamNames']
print(json.dumps(seen))
`;

const END = `
import boto3, json
firehose = boto3.client('firehose')
firehose.delete_delivery_stream(DeliveryStreamName='clicks')
try:
    firehose.put_record(DeliveryStreamName='clicks', Record={'Data': b'late'})
except firehose.exceptions.ResourceNotFoundException as error:
    print(json.dumps([firehose.list_delivery_streams()['DeliveryStreamNames'], error.response['Error']['Message']]))
`;

describe.each(WITH_AND_WITHOUT_KEYS)('boto3, %s,', (_, asksForKey) => {
  let service: Awaited<ReturnType<typeof hydrantFor>>;
  beforeAll(async () => {
    build();
    service = await hydrantFor({}, { asksForKey });
    return service.clear;
  });

  function python(program: string): unknown {
    const { status, stdout, stderr } = service.run('python3', ['-W', 'ignore', '-c', program]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout);
  }

  itWith([boto3], 'takes a stream through its whole life', async () => {
    expect(python(LIFE)).toEqual({
      arn: 'arn:aws:firehose:eu-central-1:000000000000:deliverystream/clicks',
      record: true,
      batch: [0, 500],
      created: true,
      hints: { SizeInMBs: 7, IntervalInSeconds: 300 },
      tags: [{ Key: 'b' }],
      names: ['clicks'],
    });
    await hydrant(['flush', 'clicks', '--endpoint', service.url], { env: service.env });
    expect(await linesIn(service.folder, 'lake')).toEqual(['one', ...Array.from({ length: 500 }, (_, i) => String(i))]);

    expect(python(END)).toEqual([[], 'Firehose clicks under account 000000000000 not found.']);
  });
});
