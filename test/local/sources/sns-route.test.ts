import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../src/core/errors.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { otherSources } from '../../../src/local/sources/other-sources.ts';
import type { SnsSource } from '../../../src/local/sources/sns-route.ts';
import { memoryStreams } from '../../kit/memory-streams.ts';
import { aStream } from '../../kit/streams.ts';
import { CERTIFICATE, documented, signed } from '../../sources/events.ts';
import { taking } from './taking.ts';

const NOTIFICATION = documented('sns-http');
const CONFIRMATION = documented('sns-subscription');
const TOPIC = String(NOTIFICATION.TopicArn);
const PASSWORD = { variable: 'HYDRANT_TEST_SNS_PASSWORD' };
process.env[PASSWORD.variable] = 'hunter2';

async function subscribed({
  source = { topics: [TOPIC] },
  isThere = true,
  isReachable = () => true,
}: {
  readonly source?: SnsSource;
  readonly isThere?: boolean;
  readonly isReachable?: () => boolean;
} = {}) {
  const world = taking();
  const streams = memoryStreams();
  if (isThere) await streams.change('events', () => aStream());
  const warnings: object[] = [];
  const fetched: string[] = [];
  const { sns } = otherSources(
    { sns: { events: source } },
    {
      ...world.ports({ streams, warnings }),
      async fetched(url) {
        fetched.push(url);
        if (!isReachable()) throw new ApiError('ServiceUnavailableException', 'Not now.', 503);
        return CERTIFICATE;
      },
    },
  );
  return {
    warnings,
    fetched,
    taken: () => world.taken(aStream()),
    /** The answer's status, headers and body, or the error's. */
    async send(body: JsonObject | string, headers: Record<string, string> = {}, name = 'events') {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const request = { method: 'POST', url: `/sns/${name}`, headers, body: Buffer.from(text) };
      return sns(request).catch(({ status, code, message }: ApiError) => ({ status, code, message, headers: {} }));
    },
  };
}

describe('what SNS delivers', () => {
  it.each(['1', '2'] as const)('is taken once, when its signature of version %s is genuine', async (version) => {
    const { send, taken, fetched } = await subscribed();
    const message = signed(NOTIFICATION, version);

    for (let i = 0; i < 3; i++) expect(await send(message)).toMatchObject({ status: 200 });

    const { SignatureVersion, Signature, SigningCertURL, ...members } = message;
    const [record = '', ...others] = await taken();
    expect([JSON.parse(record), record.endsWith('\n'), others]).toEqual([members, true, []]);
    expect(fetched).toEqual([SigningCertURL]);
  });

  it('is refused when it was forged, which is logged', async () => {
    const { send, taken, warnings } = await subscribed();

    expect(await send({ ...signed(NOTIFICATION), Message: 'other' })).toMatchObject({
      status: 403,
      code: 'InvalidSourceException',
    });
    expect(await taken()).toEqual([]);
    expect(warnings).toMatchObject([{ fields: { call: 'POST /sns/events', code: 'InvalidSourceException' } }]);
  });

  it.each<[string, JsonObject | string, string, number, RegExp]>([
    ['is of another topic', signed({ ...NOTIFICATION, TopicArn: `${TOPIC}2` }), 'events', 403, /MyTopic2/],
    ['is for a stream that takes none', signed(NOTIFICATION), 'other', 404, /sources\.sns\.other is not set/],
    ['is for what cannot be a name', signed(NOTIFICATION), '__proto__', 404, /is not set/],
    ['is no JSON', '{', 'events', 400, /not JSON/],
    ['is no message', {}, 'events', 400, /no message of SNS/],
  ])('is refused when it %s', async (_, body, name, status, message) => {
    const { send, fetched } = await subscribed();

    expect(await send(body, {}, name)).toMatchObject({ status, message: expect.stringMatching(message) });
    expect(fetched).toEqual([]);
  });

  it('is to come again while its stream is not there', async () => {
    const { send } = await subscribed({ isThere: false });

    expect(await send(signed(NOTIFICATION))).toMatchObject({ status: 503 });
  });

  it('is to come again while there is no certificate, and then is taken', async () => {
    let isReachable = false;
    const { send, taken, fetched } = await subscribed({ isReachable: () => isReachable });

    expect(await send(signed(NOTIFICATION))).toMatchObject({ status: 503 });
    isReachable = true;
    expect(await send(signed(NOTIFICATION))).toMatchObject({ status: 200 });

    expect(await taken()).toHaveLength(1);
    expect(fetched).toHaveLength(2);
  });
});

describe('a subscription', () => {
  it('is confirmed where the topic is one to take', async () => {
    const { send, fetched, taken } = await subscribed();

    expect(await send(signed(CONFIRMATION))).toMatchObject({ status: 200 });

    expect(fetched.at(-1)).toBe(CONFIRMATION.SubscribeURL);
    expect(await taken()).toEqual([]);
  });

  it('of another topic is not', async () => {
    const { send, fetched } = await subscribed({ source: { topics: ['arn:aws:sns:us-west-2:123456789012:Other'] } });

    expect(await send(signed(CONFIRMATION))).toMatchObject({ status: 403 });
    expect(fetched).toEqual([]);
  });

  it('is not confirmed anywhere but at SNS', async () => {
    const { send, fetched } = await subscribed();

    const SubscribeURL = 'https://169.254.169.254/latest/meta-data';
    expect(await send(signed({ ...CONFIRMATION, SubscribeURL }))).toMatchObject({ status: 403 });
    expect(fetched).not.toContain(SubscribeURL);
  });

  it('that ends is told', async () => {
    const { send, warnings } = await subscribed();

    expect(await send(signed({ ...CONFIRMATION, Type: 'UnsubscribeConfirmation' }))).toMatchObject({ status: 200 });
    expect(warnings).toMatchObject([{ fields: { stream: 'events', topic: TOPIC } }]);
  });
});

describe('raw delivery', () => {
  const RAW = {
    'x-amz-sns-rawdelivery': 'true',
    'x-amz-sns-topic-arn': TOPIC,
    'x-amz-sns-message-id': 'm1',
  };
  const basic = (password: string) => `Basic ${Buffer.from(`user:${password}`).toString('base64')}`;
  const source = { topics: [TOPIC], password: PASSWORD };

  it('is taken as it is, with the password that was asked for', async () => {
    const { send, taken } = await subscribed({ source });

    expect(await send('hello', RAW)).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="hydrant"' },
    });
    for (let i = 0; i < 2; i++) {
      expect(await send('hello', { ...RAW, authorization: basic('hunter2') })).toMatchObject({ status: 200 });
    }
    expect(await taken()).toEqual(['hello']);
  });

  it.each<[string, Record<string, string>, number]>([
    ['a wrong password', { authorization: basic('hunter3') }, 401],
    ['another scheme', { authorization: 'Bearer hunter2' }, 401],
    ['another topic', { authorization: basic('hunter2'), 'x-amz-sns-topic-arn': `${TOPIC}2` }, 403],
  ])('is refused with %s', async (_, headers, status) => {
    const { send, taken } = await subscribed({ source });

    expect(await send('hello', { ...RAW, ...headers })).toMatchObject({ status });
    expect(await taken()).toEqual([]);
  });

  it('is refused where no password is configured, since nothing else says who sends it', async () => {
    const { send, taken } = await subscribed();

    expect(await send('hello', RAW)).toMatchObject({
      status: 403,
      message: expect.stringContaining('sources.sns.events.password'),
    });
    expect(await taken()).toEqual([]);
  });

  it('is not what a signed message needs, where a password is configured: both are asked for', async () => {
    const { send } = await subscribed({ source });

    expect(await send(signed(NOTIFICATION))).toMatchObject({ status: 401 });
    expect(await send(signed(NOTIFICATION), { authorization: basic('hunter2') })).toMatchObject({ status: 200 });
  });
});
