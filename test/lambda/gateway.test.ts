import {
  CreateDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  type FirehoseClient,
  PutRecordCommand,
} from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../src/api/context.ts';
import { requestIn } from '../../src/lambda/gateway.ts';
import { EXTENDED_S3 } from '../api/inputs.ts';
import { KEY, sdkTo } from '../api/sdk-client.ts';
import { apiRequest, testApi, testApiOf } from '../kit/api.ts';
import { functionApi } from './function-api.ts';
import { functionUrlEvent, httpEvent, restEvent } from './gateway-events.ts';

type ToEvent = (request: ApiRequest) => object;

/** Every way to put a gateway before the function, and below which path clients find it. */
const FRONTS: readonly (readonly [name: string, path: string, event: ToEvent])[] = [
  ['a REST API at its stage', '/dev', (request) => restEvent(request, { stage: 'dev', before: '/dev' })],
  ['a REST API at a custom domain', '', (request) => restEvent(request, { stage: 'dev', before: '' })],
  ['a REST API below a base path', '/hy/v1', (request) => restEvent(request, { stage: 'dev', before: '/hy/v1' })],
  ['an HTTP API', '', (request) => httpEvent(request, { stage: '$default', before: '' })],
  ['an HTTP API at its stage', '/dev', (request) => httpEvent(request, { stage: 'dev', before: '/dev' })],
  ['an HTTP API below a base path', '/hy', (request) => httpEvent(request, { stage: 'dev', before: '/hy' })],
  ['a function URL', '', (request) => functionUrlEvent(request)],
];

const DeliveryStreamName = 'clicks';
const put = (client: FirehoseClient) =>
  client.send(new PutRecordCommand({ DeliveryStreamName, Record: { Data: Buffer.from('größer') } }));

describe.each(FRONTS)('behind %s', (_, path, toEvent) => {
  const sdk = (credentials = KEY) => {
    testApiOf((parts) => functionApi(parts, toEvent));
    const firehose = testApi({}, [KEY]);
    return { firehose, ...sdkTo(firehose, credentials, `https://gateway.example${path}`) };
  };

  it('the API takes what the SDK has signed, path and all', async () => {
    const { client, firehose, sent } = sdk();

    await client.send(
      new CreateDeliveryStreamCommand({ DeliveryStreamName, ExtendedS3DestinationConfiguration: EXTENDED_S3 }),
    );
    await put(client);

    expect(sent[0]?.url).toBe(`${path}/`);
    expect(await firehose.taken()).toEqual(['größer']);
  });

  it('what was signed with another key is refused, and so is what was not signed', async () => {
    const { client, firehose } = sdk({ ...KEY, secretAccessKey: 'a wrong secret' });

    const unsigned = await firehose.send({ ...apiRequest('ListDeliveryStreams', {}), url: `${path}/` });

    await expect(put(client)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    expect([unsigned.status, unsigned.body.__type]).toEqual([400, 'MissingAuthenticationTokenException']);
  });

  it('the SDK throws the error that was answered', async () => {
    const { client } = sdk();

    await expect(client.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Firehose clicks under account 123456789012 not found.',
      $metadata: { httpStatusCode: 400, requestId: '00000000-0000-4000-8000-000000000001' },
    });
  });

  it('whoever asks is told that the service is alive', async () => {
    const { firehose } = sdk();

    const answers = ['GET', 'HEAD'].map((method) =>
      firehose.send({ method, url: `${path}/health`, headers: {}, body: Buffer.of() }),
    );

    for (const { status, body } of await Promise.all(answers)) {
      expect([status, body.status]).toEqual([200, 'alive']);
    }
  });
});

describe('an event', () => {
  const list = { ...apiRequest('ListDeliveryStreams', {}), from: '192.0.2.7' };

  it.each([
    ['a REST API', restEvent],
    ['an HTTP API', httpEvent],
    ['a function URL', functionUrlEvent],
  ])('of %s says all that the request says', (_, toEvent) => {
    const body = Buffer.from([0x1f, 0x8b, 0xff]);

    const { request, requestId } = requestIn(toEvent({ ...list, url: '/?a=%2Fb%20c&d=', body }));

    expect({ ...request, body: Buffer.from(request.body) }).toEqual({
      ...list,
      url: '/?a=%2Fb%20c&d=',
      signedUrl: '/?a=%2Fb%20c&d=',
      body,
    });
    expect(requestId).toBe('00000000-0000-4000-8000-000000000001');
  });

  it('of a REST API keeps the values of a header and of a parameter apart', () => {
    const headers = { ...list.headers, 'x-amz-meta': ['a', 'b'] };

    const { request } = requestIn(restEvent({ ...list, headers, url: '/?a=1&a=2' }));

    expect([request.headers['x-amz-meta'], request.url]).toEqual([['a', 'b'], '/?a=1&a=2']);
  });

  it('that no gateway has sent is a fault', () => {
    expect(() => requestIn({ Records: [] })).toThrow('its event came from no API gateway and no function URL');
  });
});
