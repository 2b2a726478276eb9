import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FunctionLine } from '../../../src/host/functions/function-ports.ts';
import { type FunctionsOptions, functions } from '../../../src/local/functions/functions.ts';
import type { TransformBatch } from '../../../src/processors/lambda/transform.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';
import { batchOf } from '../../processors/lambda/batch.ts';

/** A file with this text, gone when the test is over. */
export async function fileOf(text: string, name = 'function.mjs'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hydrant-function-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

export interface Running {
  readonly transform: (
    texts: readonly (string | Uint8Array)[],
    of?: { readonly named?: string; readonly signal?: AbortSignal; readonly stream?: string },
  ) => ReturnType<Awaited<ReturnType<typeof functions>>['transform']>;
  readonly lines: readonly FunctionLine[];
  /** Resolves when the function has said a line that holds this. */
  readonly said: (text: string) => Promise<void>;
  readonly clock: ReturnType<typeof virtualClock>;
  readonly close: () => Promise<void>;
}

/** Functions with a clock that stands still until the test moves it, closed when the test is over. */
export async function running(options: Pick<FunctionsOptions, 'modules' | 'api'>): Promise<Running> {
  const clock = virtualClock(1_700_000_000_000);
  const lines: FunctionLine[] = [];
  const watchers = new Set<() => void>();
  let invocations = 0;
  const { transform, close } = await functions({
    ...options,
    now: clock.now,
    alarm: clock.alarm,
    newInvocationId: () => `invocation-${++invocations}`,
    log(line) {
      lines.push(line);
      for (const watch of watchers) watch();
    },
  });
  onTestFinished(close);

  return {
    transform(texts, { named = 'clean', signal = new AbortController().signal, stream = 'clicks' } = {}) {
      const batch: TransformBatch = batchOf(texts);
      const functionArn = `arn:aws:lambda:eu-west-1:123456789012:function:${named}`;
      return transform({ ...batch, functionArn, stream: { ...batch.stream, name: stream } }, signal);
    },
    lines,
    said(text) {
      return new Promise((resolve) => {
        const watch = () => {
          if (!lines.some((line) => line.text.includes(text))) return;
          watchers.delete(watch);
          resolve();
        };
        watchers.add(watch);
        watch();
      });
    },
    clock,
    close,
  };
}

/** One module under the name `clean`. */
export async function runningModule(
  text: string,
  limits: Omit<FunctionsOptions['modules'][string], 'file'> = {},
): Promise<Running> {
  return running({ modules: { clean: { file: await fileOf(text), ...limits } } });
}
