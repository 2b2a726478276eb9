import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inWords } from '../../processors/lambda/batch.ts';
import { running } from './kit.ts';

/** The examples, run as a user runs them. */

const example = (name: string) => join(import.meta.dirname, '../../../examples/transformers', name);

describe('redact.mjs', () => {
  it('drops health checks, hides addresses however deep, and fails what is no JSON', async () => {
    const { transform } = await running({ modules: { redact: { file: example('redact.mjs') } } });

    const outcomes = await transform(
      [
        '{"path":"/healthz"}',
        '{"path":"/login","user":{"mail":"ada@example.org","cc":["bob.b+x@mail.example.com, no"]},"n":1}',
        'GET /',
      ],
      { named: 'redact' },
    );

    expect(inWords(outcomes)).toEqual([
      'Dropped',
      '{"path":"/login","user":{"mail":"***@example.org","cc":["***@mail.example.com, no"]},"n":1}\n',
      'Lambda.ProcessingFailedStatus',
    ]);
  });
});

describe('enrich-lambda.mjs', () => {
  it('adds the total, names the partition, drops tests, and says which record is no order', async () => {
    const { transform, lines } = await running({ modules: { enrich: { file: example('enrich-lambda.mjs') } } });

    const outcomes = await transform(
      ['{"customer":"c1","price":2.5,"quantity":4}', '{"customer":"c2","test":true}', 'oops'],
      { named: 'enrich:live' },
    );

    expect(inWords(outcomes)).toEqual([
      '{"customer":"c1","price":2.5,"quantity":4,"total":10,"receivedOn":"2023-11-14"}\n',
      'Dropped',
      'Lambda.ProcessingFailedStatus',
    ]);
    expect(outcomes[0]).toMatchObject({ outputs: [{ partitionKeys: { customer: 'c1', day: '2023-11-14' } }] });
    expect(lines).toEqual([
      expect.objectContaining({ level: 'error', text: expect.stringMatching(/^Record r2 is no order: /) }),
    ]);
  });
});
