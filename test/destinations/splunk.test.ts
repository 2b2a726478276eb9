import { afterEach, describe, expect, it } from 'vitest';
import splunk, { type SplunkPorts } from '../../destinations/splunk.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { heldSecrets } from '../../src/local/held-secrets.ts';
import type { FarSide } from '../kit/far-side.ts';
import { type Collector, collector, TOKEN } from './hec.ts';
import { rawFarSide } from './raw-far-side.ts';
import { sliceOf, type ToSlice } from './slice.ts';

const never = new AbortController().signal;
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function hec(...options: Parameters<typeof collector>): Promise<Collector> {
  const opened = await collector(...options);
  open.push(opened);
  return opened;
}

interface ToSend extends Omit<ToSlice, 'config'> {
  readonly url: string;
  readonly config?: JsonObject;
}

/** A Splunk destination with a clock of its own. */
function adapter({ timeoutMs = 5_000, secrets = heldSecrets({}) }: Partial<SplunkPorts> = {}) {
  const clock = { now: 1_000_000 };
  const destination = splunk({ now: () => clock.now, secrets, timeoutMs });
  const slice = ({ url, config, ...more }: ToSend) =>
    sliceOf({
      records: ['{"event":"a"}'],
      ...more,
      config: {
        HECEndpoint: url,
        HECEndpointType: 'Event',
        HECToken: TOKEN,
        HECAcknowledgmentTimeoutInSeconds: 180,
        BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
        ...config,
      },
    });
  return {
    clock,
    send: (toSend: ToSend, signal = never) => destination.deliver(slice(toSend), signal),

    /** Asks until there is an outcome, each time when it is told to. */
    async settle(toSend: ToSend) {
      let outcome = await destination.deliver(slice(toSend), never);
      const { refused } = outcome;
      while ('pending' in outcome) {
        clock.now = outcome.checkAt;
        // As it comes back from a disk.
        const state = JSON.parse(JSON.stringify(outcome.pending));
        outcome = await destination.check!(slice(toSend), state, never); // a Splunk destination has it
      }
      return { ...outcome, ...(refused && { refused }) };
    },
  };
}

describe('a slice', () => {
  it('is delivered when Splunk says that it is indexed', async () => {
    const far = await hec({ indexesAfter: 3 });

    const outcome = await adapter().settle({ url: far.url, records: ['{"event":"a"}', '{"event":{"b":1}}'] });

    expect(outcome.bytes).toBe(30);
    expect(far.indexed).toEqual(['{"event":"a"}{"event":{"b":1}}']);
    expect(far.polls).toBe(3);
  });

  it('of raw data is its records back to back', async () => {
    const far = await hec();

    await adapter().settle({ url: far.url, records: ['one\n', '', 'two'], config: { HECEndpointType: 'Raw' } });

    expect(far.indexed).toEqual(['one\ntwo']);
    expect(far.received[0]?.path).toBe('/services/collector/raw');
  });

  it('is compressed when the stream asks for it', async () => {
    const far = await hec();

    await adapter().settle({ url: far.url, extensions: { ContentEncoding: 'GZIP' } });

    expect(far.received[0]?.headers['content-encoding']).toBe('gzip');
    expect(far.indexed).toEqual(['{"event":"a"}']);
  });

  it('has a channel of its own in each attempt', async () => {
    const far = await hec();
    const { settle } = adapter();

    await settle({ url: far.url, attempt: 1 });
    await settle({ url: far.url, attempt: 2 });

    expect(new Set(far.channels).size).toBe(2);
  });

  it('comes with its polls to the same indexer behind a load balancer', async () => {
    const far = await hec({ cookies: ['AWSELB=node-1; Path=/; HttpOnly', 'other=2'] });

    await adapter().settle({ url: far.url });

    expect(far.received.at(-1)?.headers.cookie).toBe('AWSELB=node-1; other=2');
  });

  it.each(['text', '[]', '{}', '{"event":""}', '{"event":null}', '{"event":1}{"event":2}', Buffer.from([0xff])])(
    'leaves out %s, which would have all of it refused',
    async (bad) => {
      const far = await hec();

      const { refused } = await adapter().settle({ url: far.url, records: ['{"event":1}', bad, '{"event":3}'] });

      expect(far.indexed).toEqual(['{"event":1}{"event":3}']);
      expect(refused).toMatchObject([{ index: 11, code: 'Splunk.InvalidDataFormat', retryable: false }]);
    },
  );

  it('of bad events alone is not sent', async () => {
    const far = await hec();

    const outcome = await adapter().send({ url: far.url, records: ['bad'] });

    expect(outcome).toMatchObject({ bytes: 0, refused: [{ index: 10 }] });
    expect(far.received).toEqual([]);
  });
});

describe('an acknowledgement', () => {
  it('that does not come in time has the slice sent again', async () => {
    const far = await hec({ indexesAfter: Number.POSITIVE_INFINITY });
    const { settle, clock } = adapter();
    const from = clock.now;

    await expect(settle({ url: far.url })).rejects.toMatchObject({ code: 'Splunk.AckTimeout', retryable: true });

    expect(clock.now - from).toBe(180_000);
    expect(far.received.filter(({ path }) => !path.includes('/ack'))).toHaveLength(1);
    // Often at first, seldom later.
    expect(far.polls).toBeLessThan(40);
  });

  it('is not taken from an answer about other ids', async () => {
    const far = await hec({ acks: () => ({ 99: true, constructor: true }) });

    await expect(adapter().settle({ url: far.url })).rejects.toMatchObject({ code: 'Splunk.AckTimeout' });
  });

  it.each([
    ['a page', '<html>'],
    ['a list', '[]'],
    ['no list', '{"acks":null}'],
  ])('is not taken from %s', async (_, answer) => {
    const far = await hec({ ackAnswer: answer });

    await expect(adapter().settle({ url: far.url })).rejects.toMatchObject({ code: 'Splunk.AckTimeout' });
  });

  it('is waited for while Splunk cannot be asked', async () => {
    const far = await hec();
    const { send, clock } = adapter();
    const outcome = await send({ url: far.url });
    if (!('pending' in outcome)) throw new Error('it waits for an acknowledgement');
    await far.close();
    open.splice(0);
    clock.now = outcome.checkAt;

    const later = await splunk({ now: () => clock.now, secrets: heldSecrets({}) }).check!(
      sliceOf({
        config: { HECEndpoint: far.url, HECToken: TOKEN, HECAcknowledgmentTimeoutInSeconds: 180 },
      }),
      outcome.pending,
      never,
    );

    expect(later).toMatchObject({ pending: outcome.pending });
  });

  it('that is switched off ends in the error output at once: Splunk has the records already', async () => {
    const far = await hec({ acknowledges: false });

    await expect(adapter().send({ url: far.url })).rejects.toMatchObject({
      code: 'Splunk.DisabledAck',
      retryable: false,
      isTooLarge: false,
    });
  });
});

describe('an answer', () => {
  it.each<[number, string, string]>([
    [403, '{"text":"Token disabled","code":1}', 'DisabledToken'],
    [401, '{"text":"Token is required","code":2}', 'InvalidToken'],
    [403, '{"text":"Invalid token","code":4}', 'InvalidToken'],
    [400, '{"text":"No data","code":5}', 'InvalidDataFormat'],
    [400, '{"text":"Invalid data format","code":6,"invalid-event-number":0}', 'InvalidDataFormat'],
    [400, '{"text":"Incorrect index","code":7,"invalid-event-number":1}', 'InvalidIndex'],
    [500, '{"text":"Internal server error","code":8}', 'ServerError'],
    [503, '{"text":"Server is busy","code":9}', 'IndexerBusy'],
    [400, '{"text":"ACK is disabled","code":14}', 'DisabledAck'],
    [404, 'Not found', 'URLNotFound'],
    [429, '', 'IndexerBusy'],
    [200, '<html>login</html>', 'ServerError'],
    [200, '{"text":"Success"}', 'ServerError'],
    [302, '', 'ServerError'],
  ])('of status %d with %s is Splunk.%s', async (status, body, code) => {
    const far = await hec({ answer: { status, body } });

    await expect(adapter().send({ url: far.url })).rejects.toMatchObject({ code: `Splunk.${code}`, retryable: true });
  });

  it('of status 413 asks for fewer records', async () => {
    const far = await hec({ answer: { status: 413, body: '' } });

    await expect(adapter().send({ url: far.url })).rejects.toMatchObject({
      ...{ code: 'Splunk.ServerError.ContentTooLarge', isTooLarge: true },
    });
  });

  it('asks for the token in a secret anew when Splunk does not know it any more', async () => {
    const far = await hec();
    const config = { SecretsManagerConfiguration: { Enabled: true, SecretARN: 'arn:hec' } };
    let hec_token = 'old';
    const secrets = Object.assign(async () => ({ hec_token }), {
      refused() {
        hec_token = TOKEN;
      },
    });
    const { send } = adapter({ secrets });

    await expect(send({ url: far.url, config })).rejects.toMatchObject({ code: 'Splunk.InvalidToken' });
    expect(await send({ url: far.url, config })).toHaveProperty('pending');
  });

  it('that quotes the token is not quoted with it', async () => {
    const far = await hec({ answer: { status: 403, body: `{"text":"Invalid token ${TOKEN}","code":4}` } });

    await expect(adapter().send({ url: far.url })).rejects.toThrow('Invalid token ***');
  });
});

describe('a connection', () => {
  it.each<[string, string, Parameters<typeof rawFarSide>[0]]>([
    ['is closed', 'ConnectionClosed', (socket) => void socket.destroy()],
    ['is silent', 'ConnectionTimeout', () => {}],
    [
      'speaks no HTTP',
      'InvalidHecResponseCharacter',
      (socket) => void socket.once('data', () => socket.end('hello\r\n')),
    ],
  ])('that %s has the code Splunk.%s', async (_, code, connected) => {
    const far: FarSide = await rawFarSide(connected);
    open.push(far);

    await expect(adapter({ timeoutMs: 200 }).send({ url: far.url })).rejects.toMatchObject({
      ...{ code: `Splunk.${code}`, retryable: true },
    });
    await expect.poll(far.connections).toBe(0);
  });

  it('without a token is not made', async () => {
    const far = await hec();

    await expect(adapter().send({ url: far.url, config: { HECToken: '' } })).rejects.toMatchObject({
      ...{ code: 'Splunk.InvalidToken', retryable: true },
    });
    expect(far.received).toEqual([]);
  });
});
