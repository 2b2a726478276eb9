import { describe, expect, it } from 'vitest';
import { DeliveryError } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import type { Chunk, Processed, Processing } from '../../src/core/processing.ts';
import type { StreamDefinition } from '../../src/core/streams.ts';
import { memoryBuffer } from '../kit/memory-buffer.ts';
import { aStream } from '../kit/streams.ts';
import { world } from '../kit/world.ts';

const LAMBDA = {
  Type: 'Lambda',
  Parameters: [
    { ParameterName: 'LambdaArn', ParameterValue: 'arn:aws:lambda:us-east-1:000000000000:function:f' },
    { ParameterName: 'NumberOfRetries', ParameterValue: '3' },
    { ParameterName: 'BufferSizeInMBs', ParameterValue: '1' },
    { ParameterName: 'BufferIntervalInSeconds', ParameterValue: '60' },
  ],
};
const DE_AGGREGATION = { Type: 'RecordDeAggregation', Parameters: [] };

describe('a stream with processors', () => {
  it('delivers what they make of its records, of each partition apart', async () => {
    const stream = processed([DE_AGGREGATION]);
    const w = await world([stream], { processing: byFirstLetter() });

    await w.put(stream, 'ant', 'bee', 'ape');
    await w.pass(61_000);

    expect(w.seen.map(({ records, partition }) => [partition, records])).toEqual([
      ['a', ['ant', 'ape']],
      ['b', ['bee']],
    ]);
  });

  it('processes after a second without a function, and after the hints of one that has it', async () => {
    const [plain, lambda] = [processed([DE_AGGREGATION], 'plain'), processed([LAMBDA], 'lambda')];
    const chunks: string[] = [];
    const processing = spying(({ stream }) => chunks.push(stream.name));
    const w = await world([plain, lambda], { processing });
    await w.put(plain, 'a');
    await w.put(lambda, 'a');

    await w.pass(1_000);
    expect(chunks).toEqual(['plain']);
    await w.pass(59_000);

    expect(chunks).toEqual(['plain', 'lambda']);
  });

  it('waits for its buffer anew once a record is processed: the two intervals add up', async () => {
    const stream = processed([LAMBDA]);
    const w = await world([stream], { processing: passing });
    await w.put(stream, 'a');

    await w.pass(60_000 + 59_999);
    expect(w.seen).toEqual([]);
    await w.pass(1);

    expect(w.seen.map(({ records }) => records)).toEqual([['a']]);
  });

  it('puts records that fail under the error prefix by their reasons, and delivers the others', async () => {
    const stream = processed([DE_AGGREGATION]);
    const w = await world([stream], { processing: failing(['bad', 'worse']) });

    await w.put(stream, 'good', 'bad', 'better', 'worse');
    await w.pass(61_000);

    expect(w.seen.map(({ records, errorOutputType }) => [errorOutputType, records])).toEqual([
      [undefined, ['good', 'better']],
      ['processing-failed', ['bad', 'worse']],
    ]);
    expect(w.events.filter(({ type }) => type === 'diverted')).toMatchObject([
      { records: 1, reason: { code: 'bad', attempts: 1 } },
      { records: 1, reason: { code: 'worse', attempts: 1 } },
    ]);
  });

  it('loses what its processors drop, and nothing else of the batch', async () => {
    const stream = processed([DE_AGGREGATION]);
    const drops: Processing = { process: async () => ({ outputs: [], failures: [] }) };
    const w = await world([stream], { processing: drops });

    await w.put(stream, 'a', 'b');
    await w.pass(120_000);

    expect(w.seen).toEqual([]);
    expect(w.buffer.due()).toEqual({ lanes: [], batches: [] });
  });

  it('delivers records as they are once an update has taken the processors away', async () => {
    const stream = processed([LAMBDA]);
    const w = await world([stream], { processing: passing });
    await w.put(stream, 'a');

    await w.update(aStream({ version: 2 }));
    await w.pass(200_000);

    expect(w.seen.map(({ records, errorOutputType }) => [records, errorOutputType])).toEqual([[['a'], undefined]]);
  });

  it('goes on where an attempt ended, without processing a chunk twice', async () => {
    const stream = processed([DE_AGGREGATION]);
    const chunks: string[][] = [];
    let isFailing = true;
    const processing = spying((chunk) => {
      chunks.push(textsOf(chunk));
      if (isFailing && chunks.length === 2) throw overloaded();
    });
    const w = await world([stream], { processing });
    const large = 'x'.repeat(700_000);
    await w.put(stream, `1${large}`, `2${large}`);

    await w.settle();
    isFailing = false;
    await w.pass(600_000);

    expect(chunks.map((texts) => texts.map((text) => text.slice(0, 1)))).toEqual([['1'], ['2'], ['2']]);
    expect(w.seen.flatMap(({ records }) => records.map((record) => record.slice(0, 1)))).toEqual(['1', '2']);
  });
});

describe('a function that fails', () => {
  it('is called again as often as the stream says, then its records go to the error output', async () => {
    const stream = processed([LAMBDA]);
    let calls = 0;
    const processing = spying(() => {
      calls += 1;
      throw overloaded();
    });
    const w = await world([stream], { processing });
    await w.put(stream, 'a', 'b');

    await w.pass(600_000);

    expect(calls).toBe(4);
    expect(w.seen).toMatchObject([{ records: ['a', 'b'], errorOutputType: 'processing-failed' }]);
    expect(w.events).toContainEqual(
      expect.objectContaining({
        type: 'diverted',
        records: 2,
        reason: expect.objectContaining({ code: 'Lambda.FunctionError', attempts: 4 }),
      }),
    );
  });

  it('has all its attempts for each chunk', async () => {
    const stream = processed([LAMBDA]);
    const calls: string[] = [];
    const processing = spying((chunk) => {
      const [first = ''] = textsOf(chunk);
      calls.push(first.slice(0, 1));
      if (calls.filter((call) => call === first.slice(0, 1)).length < 4) throw overloaded();
    });
    const w = await world([stream], { processing });
    const large = 'x'.repeat(700_000);
    await w.put(stream, `1${large}`, `2${large}`);

    await w.pass(3_600_000);

    expect(calls.join('')).toBe('11112222');
    expect(w.seen.flatMap(({ records, errorOutputType }) => records.map(() => errorOutputType))).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('costs no attempt when it was the buffer that failed', async () => {
    const stream = processed([LAMBDA]);
    const memory = memoryBuffer();
    let failures = 10;
    const buffer = {
      ...memory,
      commit: (change: Parameters<typeof memory.commit>[0]) => {
        if (change.finish === undefined || failures === 0) return memory.commit(change);
        failures -= 1;
        return Promise.reject(new DeliveryError('full', { code: 'Buffer.WriteFailed', retryable: true }));
      },
    };
    const w = await world([stream], { buffer, processing: passing });
    await w.put(stream, 'a');

    await w.pass(3_600_000);

    expect(w.seen.map(({ errorOutputType, records }) => [errorOutputType, records])).toEqual([[undefined, ['a']]]);
  });
});

describe('active partitions', () => {
  it('are as many as the stream may have: records of others go to the error output', async () => {
    const stream = { ...processed([DE_AGGREGATION]), extensions: { ActivePartitions: 2 } };
    const w = await world([stream], { processing: byFirstLetter() });

    await w.put(stream, 'ant', 'bee', 'cat', 'ape');
    await w.pass(1_000);
    await w.put(stream, 'dog', 'bat');
    await w.pass(61_000);

    expect(w.seen.map(({ records, partition, errorOutputType }) => [partition ?? errorOutputType, records])).toEqual([
      ['a', ['ant', 'ape']],
      ['b', ['bee', 'bat']],
      ['activePartitionExceeded', ['cat', 'dog']],
    ]);
  });

  it('become free when they are delivered', async () => {
    const stream = { ...processed([DE_AGGREGATION]), extensions: { ActivePartitions: 1 } };
    const w = await world([stream], { processing: byFirstLetter() });

    await w.put(stream, 'ant');
    await w.pass(61_000);
    await w.put(stream, 'bee');
    await w.pass(61_000);

    expect(w.seen.map(({ records, partition }) => [partition, records])).toEqual([
      ['a', ['ant']],
      ['b', ['bee']],
    ]);
  });
});

function processed(processors: readonly JsonObject[], name = 'events'): StreamDefinition {
  return aStream({ name, config: { ProcessingConfiguration: { Enabled: true, Processors: processors } } });
}

const passing: Processing = { process: async (chunk) => passed(chunk) };

function passed({ records }: Chunk): Processed {
  const outputs = records.map(({ arrivedAt, data }) => ({ arrivedAt, data, partition: '' }));
  return { outputs, failures: [] };
}

function spying(spy: (chunk: Chunk) => void): Processing {
  return {
    process: async (chunk) => {
      spy(chunk);
      return passed(chunk);
    },
  };
}

function byFirstLetter(): Processing {
  const letterOf = (data: Uint8Array) => Buffer.from(data).toString().slice(0, 1);
  return {
    process: async (chunk) => ({
      outputs: passed(chunk).outputs.map((output) => ({ ...output, partition: letterOf(output.data) })),
      failures: [],
    }),
  };
}

function failing(texts: readonly string[]): Processing {
  return {
    process: async ({ records }) => ({
      outputs: passed({ stream: aStream(), batch: '', records: records.filter(({ data }) => !isIn(texts, data)) })
        .outputs,
      failures: records
        .filter(({ data }) => isIn(texts, data))
        .map(({ arrivedAt, data }) => ({
          arrivedAt,
          data,
          reason: { type: 'processing-failed', code: Buffer.from(data).toString(), message: 'no' },
        })),
    }),
  };
}

const isIn = (texts: readonly string[], data: Uint8Array): boolean => texts.includes(Buffer.from(data).toString());
const textsOf = ({ records }: Chunk): string[] => records.map(({ data }) => Buffer.from(data).toString());

function overloaded(): DeliveryError {
  return new DeliveryError('The function failed.', { code: 'Lambda.FunctionError', retryable: true });
}
