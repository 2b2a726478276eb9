import { join } from 'node:path';
import { expect, it } from 'vitest';

const COMPILED = join(import.meta.dirname, '../../dist/src/host/jq-worker.js');

it('a thread for jq queries answers one request after the other', async () => {
  const { jqWorker }: typeof import('../../src/host/jq-worker.ts') = await import(COMPILED);
  // Longer than the test may take: an answer that never comes is not made up for by another thread.
  const worker = jqWorker({ longestMs: 1_000_000 });
  const ask = (text: string) => worker.extract('{p: .p}', [Buffer.from(text)]);

  const answers = [await ask('{"p":"a"}'), await ask('{"p":"b"}'), await ask('no json'), await ask('{"p":"c"}')];

  expect(answers).toMatchObject([
    [new Map([['p', 'a']])],
    [new Map([['p', 'b']])],
    [{ code: 'DynamicPartitioning.MetadataExtractionFailed' }],
    [new Map([['p', 'c']])],
  ]);
  await worker.close();
});
