import type { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { functionNameIn } from '../../../src/host/functions/function-arn.ts';
import { inWords } from '../../processors/lambda/batch.ts';
import { fileOf, running, runningModule } from './kit.ts';

describe('the function that a stream names', () => {
  it('is the module of that name, wherever its ARN says it is, and whatever its version', async () => {
    const upper = await fileOf('export default (record) => record.text.toUpperCase();');
    const twice = await fileOf('export default (record) => record.text + record.text;');
    const { transform } = await running({ modules: { upper: { file: upper }, twice: { file: twice } } });

    expect(inWords(await transform(['a'], { named: 'upper:$LATEST' }))).toEqual(['A']);
    expect(inWords(await transform(['a'], { named: 'twice' }))).toEqual(['aa']);
  });

  it('has to be somewhere', async () => {
    const { transform } = await running({ modules: {} });

    await expect(transform(['a'], { named: 'toString' })).rejects.toMatchObject({
      code: 'Lambda.ResourceNotFound',
      retryable: true,
      message:
        'There is no function arn:aws:lambda:eu-west-1:123456789012:function:toString: the configuration has no module ' +
        'for it under functions.toString, and names no Lambda endpoint to invoke it at.',
    });
  });

  it('is in its ARN', () => {
    expect(functionNameIn('arn:aws-cn:lambda:cn-north-1:123456789012:function:f')).toEqual({
      name: 'f',
      region: 'cn-north-1',
    });
    expect(functionNameIn('arn:aws:lambda:eu-west-1:123456789012:function:f:live')).toEqual({
      name: 'f',
      qualifier: 'live',
      region: 'eu-west-1',
    });
  });
});

describe('a module that cannot be loaded', () => {
  it.each([
    ['is not there', undefined, /Cannot find module/],
    ['is no JavaScript', 'export default (record => ', /Unexpected|missing/],
    ['throws', 'throw new Error("no licence");', /: no licence$/],
    ['exits', 'process.exit(7);', /: it ended itself with exit code 7$/],
    ['exports nothing', 'export const transform = 1;', /exports neither a default function .* nor a Lambda function/],
    ['exports both forms', 'export const handler = () => {}; export default () => {};', /must be one or the other/],
    ['imports what is not there', 'import "no-such-package";', /no-such-package/],
  ])('because it %s is named when the service starts', async (_, text, problem) => {
    const file = text === undefined ? '/no/such/file.mjs' : await fileOf(text);

    const start = running({ modules: { clean: { file } } });

    await expect(start).rejects.toMatchObject({ name: 'ConfigError', field: 'functions.clean' });
    await expect(start).rejects.toThrow(`functions.clean: ${file} cannot be loaded: `);
    await expect(start).rejects.toThrow(problem);
  });

  it('leaves no worker behind, not even of the modules that can be', async () => {
    const workers: Worker[] = [];
    const watch = (worker: Worker) => workers.push(worker);
    process.on('worker', watch);
    onTestFinished(() => {
      process.off('worker', watch);
    });
    const good = await fileOf('export default () => null;');
    const bad = await fileOf('throw new Error("no licence");');

    const start = running({ modules: { good: { file: good }, bad: { file: bad } } });

    await expect(start).rejects.toMatchObject({ field: 'functions.bad' });
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });
});

describe('calls', () => {
  it('run side by side, up to so many, and the others wait for their turn', async () => {
    // Each worker is a program of its own: how many there were is how many first calls there were.
    const { transform } = await runningModule('let calls = 0; export default () => String(++calls);', {
      concurrency: 2,
    });

    const outcomes = await Promise.all(Array.from({ length: 10 }, () => transform(['a'])));

    expect(outcomes.flatMap(inWords).filter((word) => word === '1')).toHaveLength(2);
  });

  it('that wait can be given up', async () => {
    const { transform, said } = await runningModule(
      `export default (record) => { console.log('busy'); return new Promise(() => {}); };`,
      { concurrency: 1 },
    );
    const [first, second] = [new AbortController(), new AbortController()];
    const busy = transform(['a'], { signal: first.signal }).catch((error) => error);
    await said('busy');
    const waiting = transform(['b'], { signal: second.signal }).catch((error) => error);

    second.abort('enough');
    expect(await waiting).toBe('enough');
    first.abort('enough');
    expect(await busy).toBe('enough');
  });

  it('fail when the service stops, those under way and those to come', async () => {
    const { transform, said, close } = await runningModule(
      `export default (record) => { console.log('busy'); for (;;); };`,
      { concurrency: 1 },
    );
    const busy = transform(['a']).catch((error) => error.code);
    await said('busy');
    const waiting = transform(['b']).catch((error) => error.code);

    await close();

    expect(await busy).toBe('Lambda.FunctionError');
    expect(await waiting).toBe('Lambda.ServiceUnavailable');
    expect(await transform(['c']).catch((error) => error.code)).toBe('Lambda.ServiceUnavailable');
  });
});
