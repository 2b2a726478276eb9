import { describe, expect, it } from 'vitest';
import { inWords } from '../../processors/lambda/batch.ts';
import { fileOf, running, runningModule } from './kit.ts';

/** What code can do that nobody wanted; the test runs in the service's place, and lives on. */

const poisoned = (act: string) => `export default (record) => {
  if (record.text === 'poison') { console.log('doing it'); ${act} }
  return record.text;
};`;

describe('a call that takes too long', () => {
  it.each([
    ['blocks', 'for (;;);'],
    ['never answers', 'return new Promise(() => {});'],
    ['waits in a way that no event can end', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);'],
  ])('ends when the function %s, and the next call has a new worker', async (_, act) => {
    const { transform, said, clock } = await runningModule(poisoned(act), { concurrency: 1 });
    const attempt = transform(['poison']);
    const outcome = expect(attempt).rejects.toMatchObject({ code: 'Lambda.FunctionTimedOut', retryable: true });

    await said('doing it');
    await clock.pass(5 * 60_000 - 1);
    await clock.pass(1);

    await outcome;
    expect(inWords(await transform(['a']))).toEqual(['a']);
  });

  it('has the time that the configuration gives it', async () => {
    const { transform, said, clock } = await runningModule(poisoned('for (;;);'), { timeoutMs: 7_000 });
    let isOver = false;
    const attempt = transform(['poison']).catch((error) => {
      isOver = true;
      return error;
    });

    await said('doing it');
    await clock.pass(6_999);
    expect(isOver).toBe(false);
    await clock.pass(1);

    expect(await attempt).toMatchObject({ code: 'Lambda.FunctionTimedOut' });
  });

  it('ends when the caller gives it up', async () => {
    const { transform, said } = await runningModule(poisoned('for (;;);'), { concurrency: 1 });
    const stop = new AbortController();
    const attempt = transform(['poison'], { signal: stop.signal });
    const reason = new Error('the stream is gone');
    const outcome = expect(attempt).rejects.toBe(reason);

    await said('doing it');
    stop.abort(reason);

    await outcome;
    expect(inWords(await transform(['a']))).toEqual(['a']);
  });

  it('holds up neither another function nor another call of the same', async () => {
    const file = await fileOf(poisoned('for (;;);'));
    const { transform, said } = await running({ modules: { clean: { file, concurrency: 2 }, other: { file } } });
    const stop = new AbortController();
    const stuck = transform(['poison'], { signal: stop.signal }).catch(() => 'stopped');
    await said('doing it');

    expect(inWords(await transform(['a'], { named: 'other' }))).toEqual(['a']);
    expect(inWords(await transform(['b']))).toEqual(['b']);

    stop.abort();
    expect(await stuck).toBe('stopped');
  });
});

describe('a worker that ends', () => {
  it.each([
    ['it exits', 'process.exit(3);'],
    ['a timer throws', 'setImmediate(() => { throw new Error("from a timer"); }); return new Promise(() => {});'],
    ['nobody caught a rejection', 'Promise.reject(new Error("uncaught")); return new Promise(() => {});'],
    ['its heap is full', 'const all = []; for (;;) all.push(new Array(100_000).fill({}));'],
    [
      'the stack overflows without end',
      'const f = () => { try { f(); } catch { f(); } }; setImmediate(() => process.exit(1)); return new Promise(() => {});',
    ],
  ])('because %s fails the call, and the next has a new one', async (_, act) => {
    const { transform } = await runningModule(poisoned(act), { concurrency: 1, memoryMb: 32 });

    await expect(transform(['a', 'poison'])).rejects.toMatchObject({ code: 'Lambda.FunctionError', retryable: true });
    expect(inWords(await transform(['b']))).toEqual(['b']);
  });

  it('between calls is replaced', async () => {
    const { transform, said } = await runningModule(
      `export default (record) => { setImmediate(() => { if (record.text === 'bomb') throw new Error('late'); }); return record.text; };`,
      { concurrency: 1 },
    );

    expect(inWords(await transform(['bomb']))).toEqual(['bomb']);
    await said('late');
    expect(inWords(await transform(['b']))).toEqual(['b']);
  });

  it('because it keeps too much in buffers, where no heap limit reaches, does so after its answer', async () => {
    const { transform, lines } = await runningModule(
      `const kept = []; let calls = 0;
       export default (record) => { kept.push(Buffer.alloc(20 * 1024 * 1024, 1)); return String(++calls); };`,
      { concurrency: 1, memoryMb: 32 },
    );

    const calls = [];
    for (let i = 0; i < 4; i++) calls.push(...inWords(await transform(['a'])));

    expect(calls).toEqual(['1', '2', '1', '2']);
    expect(lines.map(({ level, text }) => `${level} ${text}`)[0]).toMatch(
      /^warn The function holds 4\d MiB in buffers/,
    );
  });
});

describe('what a function says', () => {
  it('is logged by line and level, with the names of function and stream', async () => {
    const { transform, lines } = await runningModule(`console.log('loading');
      export default (record) => {
        console.debug('d'); console.info('two', { lines: 1 }, 'x\\ny'); console.warn('w'); console.error('e');
        process.stdout.write('no end');
        return null;
      };`);

    await transform(['a'], { stream: 'orders' });

    const of = { functionName: 'clean', streamName: 'orders' };
    expect(lines).toEqual([
      { functionName: 'clean', level: 'info', text: 'loading' },
      { ...of, level: 'debug', text: 'd' },
      { ...of, level: 'info', text: 'two { lines: 1 } x' },
      { ...of, level: 'info', text: 'y' },
      { ...of, level: 'warn', text: 'w' },
      { ...of, level: 'error', text: 'e' },
      { ...of, level: 'info', text: 'no end' },
    ]);
  });

  it('is cut off after a thousand lines, and again has its say in the next call', async () => {
    const { transform, lines } = await runningModule(
      `export default () => { for (let i = 0; i < 100_000; i++) console.log('line', i); return null; };`,
      { concurrency: 1 },
    );

    await transform(['a']);
    expect(lines).toHaveLength(1_001);
    expect(lines.at(-1)?.text).toMatch(/the rest of what it says in this call is left out/);

    await transform(['a']);
    expect(lines).toHaveLength(2_002);
  });

  it('is cut within a line of megabytes', async () => {
    const { transform, lines } = await runningModule(
      `export default () => { console.log('x'.repeat(20_000_000)); process.stdout.write('y'.repeat(5_000_000)); return null; };`,
    );

    await transform(['a']);

    expect(lines.map(({ text }) => text.length)).toEqual([8_194, 8_194]);
  });
});

describe('messages of its own', () => {
  it.each(['null', '{ type: "done" }', '{ key: "guess", message: { type: "done" } }'])(
    'are not taken for answers: %s',
    async (message) => {
      const { transform } = await runningModule(`import { parentPort, workerData } from 'node:worker_threads';
      export default (record) => { parentPort.postMessage(${message}); return JSON.stringify(workerData.key ?? 'hidden'); };`);

      expect(inWords(await transform(['a']))).toEqual(['"hidden"']);
    },
  );
});
