import { expect, it } from 'vitest';
import { DeliveryError } from '../../src/core/errors.ts';
import { jsonLog } from '../../src/lambda/json-log.ts';

it('the log of functions has a JSON object a line, with whole errors', () => {
  const written: string[] = [];
  const log = jsonLog(
    (text) => written.push(text),
    () => Date.UTC(2026, 0, 15),
  );
  const cause = new DeliveryError('No.', { code: 'S3.SlowDown', retryable: true });

  log.info({ records: 3 }, 'Three\nlines.');
  log.error({ err: new TypeError('a bug', { cause }) }, 'It failed.');
  log.debug({}, 'Never mind.');

  expect(written.map((line) => line.indexOf('\n') === line.length - 1)).toEqual([true, true]);
  expect(written.map((line) => JSON.parse(line))).toEqual([
    { level: 'info', time: '2026-01-15T00:00:00.000Z', records: 3, msg: 'Three\nlines.' },
    {
      level: 'error',
      time: '2026-01-15T00:00:00.000Z',
      err: {
        type: 'TypeError',
        message: 'a bug',
        stack: expect.stringContaining('json-log.test.ts'),
        cause: expect.objectContaining({ type: 'DeliveryError', code: 'S3.SlowDown', message: 'No.' }),
      },
      msg: 'It failed.',
    },
  ]);
});
