import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sqsModel } from '../local/sqs/sqs-model.ts';
import { documented, signed } from '../sources/events.ts';
import { hydrant, linesIn, sandbox } from './hydrant.ts';
import { codeBlocks } from './readme.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

process.env.AWS_ACCESS_KEY_ID ??= 'any';
process.env.AWS_SECRET_ACCESS_KEY ??= 'any';

/** A process reads its credentials first. */
const PATIENT = { timeout: 30_000 };

/** Runs the configuration of docs/sources.md that holds the text, with something in it replaced. */
async function documentedService(holding: string, replaced: readonly [string, string]) {
  const config = codeBlocks('docs/sources.md').find(({ text }) => text.includes(holding))?.text ?? '';
  expect(config).toContain(replaced[0]);
  const folder = await newFolder();
  await writeFile(join(folder, 'password'), 'hunter2');
  await writeFile(join(folder, 'hydrant.config.mjs'), config.replace(...replaced));
  const running = await start(folder);
  return {
    url: running.url,
    /** The lines that it has delivered, and the warnings that it has logged. */
    async ended() {
      await hydrant(['flush', '--endpoint', running.url]);
      expect(await running.end('SIGTERM')).toBe(0);
      const lines = await linesIn(folder, 'lake').catch(() => []); // the bucket is made with its first object
      return { lines, warnings: running.log.filter(({ level }) => level !== 'info').map(({ code }) => code) };
    },
  };
}

describe('the configuration in docs/sources.md', () => {
  it('reads a queue', async () => {
    const model = await sqsModel();
    const service = await documentedService('123456789012/clicks', [
      'https://sqs.eu-central-1.amazonaws.com/123456789012/clicks',
      model.url,
    ]);

    model.send({ m1: 'one\n', m2: 'two\n' });
    await expect.poll(model.left, PATIENT).toEqual([]);

    expect(await service.ended()).toEqual({ lines: ['one', 'two'], warnings: [] });
  });

  it('reads a queue of notifications, and keeps what is none', async () => {
    const model = await sqsModel();
    const service = await documentedService('123456789012/incoming', [
      'https://sqs.eu-central-1.amazonaws.com/123456789012/incoming',
      model.url,
    ]);

    model.send({ m1: JSON.stringify(documented('s3-test')), m2: 'hello' });
    await expect.poll(() => model.calls.map(({ action }) => action), PATIENT).toContain('DeleteMessageBatch');
    await expect.poll(model.left, PATIENT).toEqual(['m2']);

    expect(await service.ended()).toEqual({ lines: [], warnings: ['InvalidArgumentException'] });
  });

  it('takes what SNS delivers raw with the password, and nothing that is forged', async () => {
    const service = await documentedService('topics', ['env:SNS_PASSWORD', 'file:password']);
    const TopicArn = 'arn:aws:sns:eu-central-1:123456789012:alerts';
    const send = async (body: string, headers: Record<string, string>) => {
      const answer = await fetch(`${service.url}/sns/alerts`, { method: 'POST', headers, body });
      return answer.status;
    };
    const raw = {
      'x-amz-sns-rawdelivery': 'true',
      'x-amz-sns-topic-arn': TopicArn,
      'x-amz-sns-message-id': 'm1',
    };
    const authorization = `Basic ${Buffer.from('sns:hunter2').toString('base64')}`;
    const forged = JSON.stringify({
      ...signed({ ...documented('sns-http'), TopicArn }),
      SigningCertURL: 'https://example.com/sns.pem',
    });

    expect(await send('one\n', raw)).toBe(401);
    expect(await send('one\n', { ...raw, authorization })).toBe(200);
    expect(await send(forged, { authorization })).toBe(403);

    expect(await service.ended()).toEqual({ lines: ['one'], warnings: ['InvalidSourceException'] });
  });
});
