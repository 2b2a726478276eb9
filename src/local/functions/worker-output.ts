import type { LogLevel, Post, WorkerLimits } from './worker-protocol.ts';

/**
 * Console output and what is written to stdout and stderr, as lines. It is bounded here, where it arises, so that
 * nothing piles up between the threads.
 */
export function captureOutput(post: Post, limits: WorkerLimits) {
  const partial = { info: '', error: '' };
  let linesLeft = limits.logLines;
  let consoleLevel: LogLevel | undefined;

  function line(text: string, level: LogLevel): void {
    if (linesLeft < 0) return;
    const isLast = linesLeft-- === 0;
    const all = isLast ? 'The function says more; the rest of what it says in this call is left out.' : text;
    const isLong = all.length > limits.lineCharacters;
    post({ type: 'log', level, text: isLong ? `${all.slice(0, limits.lineCharacters)} …` : all });
  }

  function writer(stream: 'info' | 'error') {
    return (chunk: unknown, encoding?: unknown, callback?: unknown) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array).toString(); // as streams take
      const lines = (partial[stream] + text).split('\n', limits.logLines + 2);
      partial[stream] = (lines.pop() ?? '').slice(0, limits.lineCharacters + 1);
      for (const each of lines) line(each, consoleLevel ?? stream);
      const done = typeof encoding === 'function' ? encoding : callback;
      if (typeof done === 'function') process.nextTick(done);
      return true;
    };
  }

  process.stdout.write = writer('info');
  process.stderr.write = writer('error');
  for (const level of ['debug', 'warn'] as const) {
    const own = console[level];
    console[level] = (...said: unknown[]) => {
      consoleLevel = level;
      try {
        own(...said);
      } finally {
        consoleLevel = undefined;
      }
    };
  }

  return {
    /** A new call may say as much as any. */
    renew() {
      linesLeft = limits.logLines;
    },
    /** Lets go of a last line without an end. */
    flush() {
      for (const stream of ['info', 'error'] as const) {
        if (partial[stream] !== '') line(partial[stream], stream);
        partial[stream] = '';
      }
    },
  };
}
