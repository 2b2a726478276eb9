import { beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { hydrantFor } from './endpoint.ts';
import { itWith, tool } from './tools.ts';

const boto3 = tool('boto3', 'pip install boto3', ['python3', '-c', 'import boto3']);

/** Signs one request in the query, sends it, and then with one bit of each signed part changed. */
const PRESIGNED = `
import boto3, hashlib, json, sys, urllib.error, urllib.request
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
url = sys.argv[1] + '/'
body = b'{"Limit":3}'
# botocore would move the members of a body to the query; by its hash it signs it as it is.
headers = {
    'Content-Type': 'application/x-amz-json-1.1',
    'X-Amz-Target': 'Firehose_20150804.ListDeliveryStreams',
    'X-Amz-Content-SHA256': hashlib.sha256(body).hexdigest(),
}
request = AWSRequest(method='POST', url=url, headers=headers)
SigV4QueryAuth(boto3.Session().get_credentials(), 'firehose', 'eu-central-1', expires=60).add_auth(request)
def send(url, body, headers):
    try:
        return urllib.request.urlopen(urllib.request.Request(url, body, headers, method='POST')).status
    except urllib.error.HTTPError as error:
        return json.loads(error.read())['__type']
flip = lambda text, at: text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1:]
print(json.dumps([
    send(request.url, body, headers),
    send(request.url, body.replace(b'3', b'2'), headers),
    send(request.url, body, {**headers, 'X-Amz-Target': 'Firehose_20150804.DescribeDeliveryStream'}),
    send(flip(request.url, len(request.url) - 1), body, headers),
    send(request.url.replace('Expires=60', 'Expires=61'), body, headers),
]))
`;

describe('a request that botocore has presigned', () => {
  let service: Awaited<ReturnType<typeof hydrantFor>>;
  beforeAll(async () => {
    build();
    service = await hydrantFor({}, { asksForKey: true });
    return service.clear;
  });

  itWith([boto3], 'is taken as it is, and in no other way', async () => {
    const { status, stdout, stderr } = service.run('python3', ['-W', 'ignore', '-c', PRESIGNED, service.url]);

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual([200, ...Array(4).fill('InvalidSignatureException')]);
  });
});
