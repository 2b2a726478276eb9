import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Client } from '../../src/cli/client.ts';
import { sendBatch } from '../../src/cli/send-batch.ts';
import { ApiError, ConfigError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';

type Reply = (data: readonly string[]) => JsonObject;

/** A service that answers its calls by the script, then takes everything. */
function scripted(...replies: readonly Reply[]) {
  const calls: string[][] = [];
  const client: Client = {
    async call(_operation, input) {
      const { Records } = JSON.parse(String(input)) as { Records: { Data: string }[] };
      const data = Records.map(({ Data }) => Buffer.from(Data, 'base64').toString());
      const reply = replies[calls.length] ?? taken;
      calls.push(data);
      return reply(data);
    },
    post: async () => ({}),
    close: () => {},
  };
  return { client, calls };
}

const taken: Reply = (data) => ({ FailedPutCount: 0, RequestResponses: data.map((_, i) => ({ RecordId: `id${i}` })) });

const refusing =
  (...refused: readonly string[]): Reply =>
  (data) => ({
    RequestResponses: data.map((text) =>
      refused.includes(text)
        ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' }
        : { RecordId: 'id' },
    ),
  });

const failing =
  (error: Error): Reply =>
  () => {
    throw error;
  };

const records = ['a', 'b', 'c'].map((text) => Buffer.from(text));

describe('a batch', () => {
  let resent: number[] = [];
  const send = (client: Client, retryForMs = 60_000) =>
    sendBatch(records, { client, streamName: 'orders', retryForMs, resent: (count) => resent.push(count) });

  beforeEach(() => {
    resent = [];
    vi.useFakeTimers({ shouldAdvanceTime: true, advanceTimeDelta: 1_000 });
    return () => vi.useRealTimers();
  });

  it('is sent again in exactly the records that were refused, in their order', async () => {
    const { client, calls } = scripted(refusing('a', 'c'), refusing('c'));

    await send(client);

    expect(calls).toEqual([['a', 'b', 'c'], ['a', 'c'], ['c']]);
    expect(resent).toEqual([2, 1]);
  });

  it('is sent again whole after a broken connection, when nobody knows', async () => {
    const { client, calls } = scripted(failing(new Error('socket hang up')));

    await send(client);

    expect(calls).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
  });

  it('is sent again whole when the service as a whole is out of room', async () => {
    const { client, calls } = scripted(failing(new ApiError('ServiceUnavailableException', 'Slow down.', 503)));

    await send(client);

    expect(calls).toHaveLength(2);
  });

  it('is not sent again after a mistake', async () => {
    const mistake = new ApiError('ResourceNotFoundException', 'Firehose orders not found.', 400);
    const { client, calls } = scripted(failing(mistake));

    await expect(send(client)).rejects.toBe(mistake);
    expect(calls).toHaveLength(1);
  });

  it('is not sent again to an endpoint where nobody is', async () => {
    const nobody = new ConfigError('--endpoint', 'nothing answers');
    const { client } = scripted(failing(nobody));

    await expect(send(client)).rejects.toBe(nobody);
  });

  it('is given up with the reason when its time is up', async () => {
    const { client } = scripted(refusing('a', 'b', 'c'));

    await expect(send(client, 0)).rejects.toMatchObject({ code: 'ServiceUnavailableException' });
  });

  it('is given up when the service answers for another number of records', async () => {
    const { client } = scripted(() => ({ RequestResponses: [] }));

    await expect(send(client, 0)).rejects.toMatchObject({ code: 'InternalFailure' });
  });
});
