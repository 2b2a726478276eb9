import { expect, it } from 'vitest';
import { failuresIn } from '../../../src/local/preview/failures.ts';

const line = (record: string, more: object) => JSON.stringify({ rawData: btoa(record), ...more });

it('failures are put together by reason, the most frequent first', () => {
  const one = { errorCode: 'A', errorMessage: 'No.' };
  const two = { errorCode: 'A', errorMessage: 'Never.' };

  const failures = failuresIn([
    { type: 'processing-failed', body: Buffer.from([line('a', one), line('b', two), ''].join('\n')) },
    { type: 'processing-failed', body: Buffer.from(line('c', two)) },
    { type: 'metadata-extraction-failed', body: Buffer.from(line('d', two)) },
  ]);

  expect(failures.map(({ type, code, message, records }) => [type, code, message, records.map(String)])).toEqual([
    ['processing-failed', 'A', 'Never.', ['b', 'c']],
    ['processing-failed', 'A', 'No.', ['a']],
    ['metadata-extraction-failed', 'A', 'Never.', ['d']],
  ]);
});

it('failures of conversion have names of their own', () => {
  const more = { lastErrorCode: 'DataFormatConversion.ParseError', lastErrorMessage: 'Bad.' };

  expect(failuresIn([{ type: 'format-conversion-failed', body: Buffer.from(line('x', more)) }])).toMatchObject([
    { code: 'DataFormatConversion.ParseError', message: 'Bad.', records: [Buffer.from('x')] },
  ]);
});
