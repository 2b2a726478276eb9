import { describe, expect, it } from 'vitest';
import type { Transformer } from '../../../src/local/functions/transformer.ts';
import { inWords } from '../../processors/lambda/batch.ts';
import { runningModule } from './kit.ts';

/** The default export `(record) => …` of a module, as `Transformer` describes it. */

const outcomesOf = async (module: string, texts: readonly string[]) =>
  inWords(await (await runningModule(module)).transform(texts));

describe('a transformer', () => {
  it.each([
    ['text as it is', 'record.text.toUpperCase()', ['A']],
    ['bytes as they are', 'Buffer.from([0x68, 0x69])', ['hi']],
    ['an object as a line of JSON', '({ seen: record.text })', ['{"seen":"a"}\n']],
    ['several outputs', '[record.text, { n: 1 }]', ['a|{"n":1}\n']],
    ['an empty text', '""', ['']],
    ['null, which drops the record', 'null', ['Dropped']],
    ['no outputs, which drops it too', '[]', ['Dropped']],
    ['a promise of any of these', 'Promise.resolve(record.text + "!")', ['a!']],
    ['text beyond Latin', '"é𝄞"', ['é𝄞']],
  ])('may return %s', async (_, expression, expected) => {
    expect(await outcomesOf(`export default (record) => ${expression};`, ['a'])).toEqual(expected);
  });

  it.each([
    ['undefined', 'undefined', 'the transformer returned undefined; to drop a record it returns null'],
    ['a number', '7', 'an output must be a text, bytes or an object; it is 7'],
    ['a list in a list', '[[1]]', 'an output must be a text, bytes or an object; it is [1]'],
    ['null in a list', '[null]', 'an output must be a text, bytes or an object; it is null'],
    ['a function', '() => 1', 'an output must be a text, bytes or an object; it is function'],
    ['a big number in JSON', '({ n: 1n })', 'Do not know how to serialize a BigInt'],
    ['a map', 'new Map([[1, 2]])', 'an output cannot be a Map'],
    ['an object without JSON', '({ toJSON() {} })', 'the output is an object that has no JSON'],
  ])('that returns %s fails the record, and says why', async (_, expression, message) => {
    const { transform } = await runningModule(
      `export default (record) => record.text === 'x' ? ${expression} : record.text;`,
    );

    const [first, second, third] = await transform(['a', 'x', 'c']);

    expect(second).toEqual({ result: 'failed', code: 'Lambda.ProcessingFailedStatus', message });
    expect([first?.result, third?.result]).toEqual(['Ok', 'Ok']);
  });

  it.each([
    ['throws an error', 'throw new Error("no such user")', 'no such user'],
    ['rejects', 'return Promise.reject(new Error("no such user"))', 'no such user'],
    ['throws a text', 'throw "no such user"', 'no such user'],
    ['throws nothing', 'throw undefined', 'undefined'],
    ['throws what cannot be shown', 'throw Object.create(null)', 'an error that cannot be shown'],
    ['reads JSON that is none', 'return record.json', /JSON/],
  ])('that %s fails that record alone', async (_, statement, message) => {
    const { transform } = await runningModule(`export default (record) => {
      if (record.text === 'x') { ${statement}; }
      return record.text;
    };`);

    const [first, second, third] = await transform(['a', 'x', 'c']);

    expect(second).toMatchObject({ result: 'failed', code: 'Lambda.ProcessingFailedStatus' });
    expect(second?.result === 'failed' && second.message).toMatch(message);
    expect([first?.result, third?.result]).toEqual(['Ok', 'Ok']);
  });

  it('sees each face of the record', async () => {
    const { transform } = await runningModule(`export default (record) => ({
      bytes: [...record.data], text: record.text, json: record.json, same: record.json === record.json,
      at: record.arrivedAt.toISOString(), stream: record.streamName, isBuffer: Buffer.isBuffer(record.data),
    });`);

    const [, second] = await transform(['{}', '[1]']);

    expect(second?.result === 'Ok' && JSON.parse(Buffer.from(second.outputs[0]?.data ?? []).toString())).toEqual({
      bytes: [91, 49, 93],
      text: '[1]',
      json: [1],
      same: true,
      at: '2023-11-14T22:13:20.001Z',
      stream: 'clicks',
      isBuffer: true,
    });
  });

  it('gives an output partition keys, which no record that looks like one has', async () => {
    const { transform } = await runningModule(`export default (record) =>
      record.text === 'keys' ? [record.partitioned({ a: 1 }, { day: '2026-01-01', n: 7 }), 'bare']
      : { data: 'x', partitionKeys: { day: 'y' } };`);

    const [first, second] = await transform(['keys', 'bait']);

    expect(first?.result === 'Ok' && first.outputs.map(({ partitionKeys }) => partitionKeys)).toEqual([
      { day: '2026-01-01', n: '7' },
      undefined,
    ]);
    expect(inWords([second!])).toEqual(['{"data":"x","partitionKeys":{"day":"y"}}\n']); // there are two
  });

  it('keeps the order of records whose promises end in another', async () => {
    const { transform } = await runningModule(`
      const waiting = [];
      export default (record) => new Promise((resolve) => {
        waiting.push(() => resolve(record.text));
        if (waiting.length === 3) for (const go of waiting.reverse()) go();
      });`);

    expect(inWords(await transform(['a', 'b', 'c']))).toEqual(['a', 'b', 'c']);
  });

  it('works on at most 64 records at once', async () => {
    const { transform } = await runningModule(`
      let open = 0, most = 0;
      export default async (record) => {
        most = Math.max(most, ++open);
        await new Promise(setImmediate);
        open--;
        return String(most);
      };`);

    const outcomes = inWords(await transform(Array.from({ length: 500 }, () => 'x')));

    expect(Math.max(...outcomes.map(Number))).toBe(64);
  });

  it('that multiplies its records beyond measure gets them in smaller batches', async () => {
    const { transform } = await runningModule(`export default (record) =>
      record.text === 'huge' ? Buffer.alloc(40 * 1024 * 1024) : Buffer.alloc(9 * 1024 * 1024, record.text);`);

    const outcomes = await transform(['a', 'b', 'huge', 'c', 'd']);

    expect(outcomes.map((each) => (each.result === 'Ok' ? each.outputs[0]?.data.length : inWords([each])[0]))).toEqual([
      9 * 1024 * 1024,
      9 * 1024 * 1024,
      'Lambda.FunctionError',
      9 * 1024 * 1024,
      9 * 1024 * 1024,
    ]);
  });

  it("leaves the caller's bytes where they are", async () => {
    const { transform } = await runningModule('export default (record) => { record.data.fill(0); return null; };');
    const bytes = Buffer.from('kept');

    await transform([bytes]);

    expect(bytes.toString()).toBe('kept');
  });

  it('has a type that says all this', () => {
    const typed: Transformer = (record) => {
      if (record.text === '') return null;
      return [
        record.text,
        record.data,
        { at: record.arrivedAt },
        record.partitioned({}, { day: record.streamName, n: 1 }),
      ];
    };

    expect(typed).toBeTypeOf('function');
  });
});
