import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { otherSources } from '../../../src/local/sources/other-sources.ts';
import { memoryStreams } from '../../kit/memory-streams.ts';
import { aKinesisStream, aStream } from '../../kit/streams.ts';
import { taking } from './taking.ts';

const ID = 'ed4acda5-034f-9f42-bba1-f29aea6d7d8f';

async function receiving({ keys = {}, isKeyRequired = false, budgetBytes = 1 << 30 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'hydrant-delivery-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'key');
  const world = taking({ budgetBytes });
  const streams = memoryStreams();
  const warnings: object[] = [];
  for (const stream of [aStream(), aKinesisStream({ name: 'fed' })]) await streams.change(stream.name, () => stream);
  const accessKeys = Object.fromEntries(Object.keys(keys).map((name) => [name, { file }]));
  const { httpDelivery } = otherSources(
    { httpDelivery: accessKeys },
    { ...world.ports({ streams, warnings }), isKeyRequired: async () => isKeyRequired },
  );
  return {
    ...world,
    warnings,
    /** Sets the key that the streams in `keys` ask for. */
    rotate: (key: string) => writeFileSync(file, `${key}\n`),
    async send(texts: readonly string[], { name = 'events', requestId = ID, headers = {}, body = '' } = {}) {
      const records = texts.map((text) => ({ data: Buffer.from(text).toString('base64') }));
      const {
        status,
        headers: answered,
        body: said,
      } = await httpDelivery({
        method: 'POST',
        url: `/http-delivery/${name}?from=test`,
        headers: { 'x-amz-firehose-protocol-version': '1.0', 'x-amz-firehose-request-id': requestId, ...headers },
        body: Buffer.from(body || JSON.stringify({ requestId, timestamp: 1, records })),
      });
      return { status, headers: answered, body: JSON.parse(String(said)) };
    },
  };
}

describe('a delivery over HTTP', () => {
  it('is answered when its records are durable, and taken once', async () => {
    const { send, taken } = await receiving();

    const first = await send(['a', 'b']);
    const second = await send(['a', 'b']);

    const answer = { status: 200, headers: { 'content-type': 'application/json' } };
    expect(first).toEqual({ ...answer, body: { requestId: ID, timestamp: expect.any(Number) } });
    expect(second).toEqual(first);
    expect(await taken(aStream())).toEqual(['a', 'b']);
  });

  it('of which only a part found room is taken up where it was left', async () => {
    const { send, buffer, taken } = await receiving({ budgetBytes: 12 * 1024 * 1024 });
    const texts = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(1_000_000));

    const first = await send(texts);
    expect(first).toMatchObject({ status: 503, body: { requestId: ID, errorMessage: 'Slow down.' } });
    const part = await taken(aStream());
    await send(texts);
    const rest = await taken(aStream());

    expect(part.length).toBeGreaterThan(0);
    expect(rest.length).toBeGreaterThan(0);
    expect([...part, ...rest]).toEqual(texts.slice(0, part.length + rest.length));
    expect(buffer.heldBytes(aStream().id)).toBe(0);
  });

  it.each([
    ['to no stream', {}, { name: 'nobody' }, 404, /Firehose nobody under account 123456789012 not found/],
    ['to a stream with another source', {}, { name: 'fed' }, 400, /not permitted on KinesisStreamAsSource/],
    ['to what cannot be a name', {}, { name: '__proto__' }, 404, /not found/],
    ['that is no JSON', {}, { body: '{' }, 400, /JSON object/],
    ['without a key, where keys are asked for', { isKeyRequired: true }, {}, 403, /sources\.httpDelivery\.events/],
    ['without the key of its stream', { keys: { events: true } }, {}, 403, /Access-Key/],
    [
      'with another key',
      { keys: { events: true } },
      { headers: { 'x-amz-firehose-access-key': 'wrong' } },
      403,
      /Access-Key/,
    ],
  ])('%s is refused, which is logged', async (_, given, sent, status, message) => {
    const { send, rotate, warnings, taken } = await receiving(given);
    rotate('right');

    const refused = await send(['a'], sent);

    expect(refused).toMatchObject({ status, body: { errorMessage: expect.stringMatching(message) } });
    expect(warnings).toMatchObject([{ fields: { call: expect.stringMatching(/^POST \/http-delivery\//) } }]);
    expect(JSON.stringify(warnings)).not.toMatch(/wrong|right/);
    expect(await taken(aStream())).toEqual([]);
  });

  it('with the key of its stream is taken, as the key is now', async () => {
    const { send, rotate, taken } = await receiving({ keys: { events: true }, isKeyRequired: true });
    const withKey = (key: string) => ({ requestId: key, headers: { 'x-amz-firehose-access-key': key } });

    rotate('old');
    expect(await send(['a'], withKey('old'))).toMatchObject({ status: 200 });
    rotate('new');
    expect(await send(['b'], withKey('old'))).toMatchObject({ status: 403 });
    expect(await send(['b'], withKey('new'))).toMatchObject({ status: 200 });

    expect(await taken(aStream())).toEqual(['a', 'b']);
  });

  it('waits where the key of its stream cannot be read', async () => {
    const { send } = await receiving({ keys: { events: true } });

    expect(await send(['a'])).toMatchObject({
      status: 503,
      body: { errorMessage: expect.stringContaining('cannot be read from') },
    });
  });
});
