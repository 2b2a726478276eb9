import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import stdout from '../../destinations/stdout.ts';
import { sliceOf } from './slice.ts';

const never = new AbortController().signal;
const config = { EndpointConfiguration: { Url: 'stdout://' }, BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } };
const slice = (...records: string[]) => sliceOf({ records, config });

it('gets lines, of one slice after the other', async () => {
  const out = new PassThrough();
  const { deliver } = stdout({ stdout: out });

  await Promise.all([deliver(slice('a', 'b\n'), never), deliver(slice('c'), never)]);

  expect(String(out.read())).toBe('a\nb\nc\n');
});

it('that is slow is waited for', async () => {
  const out = new PassThrough({ highWaterMark: 1 });
  let isDelivered = false;
  const delivering = stdout({ stdout: out })
    .deliver(slice('a', 'b'), never)
    .then(() => {
      isDelivered = true;
    });
  await new Promise(setImmediate);
  expect(isDelivered).toBe(false);

  out.resume();
  await delivering;
});

it('that is closed is worth another try', async () => {
  const out = new PassThrough();
  out.destroy();

  await expect(stdout({ stdout: out }).deliver(slice('a'), never)).rejects.toMatchObject({
    ...{ code: 'Stdout.NotWritten', retryable: true },
  });
});

it('is not written to where the configuration does not say so', async () => {
  await expect(stdout({}).deliver(slice('a'), never)).rejects.toThrow('stdout is not set');
});
