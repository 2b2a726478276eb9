import { constants } from 'node:os';

const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/**
 * Resolves at the first SIGTERM or SIGINT. A second one ends the process at once, with the exit code shells expect: 143
 * or 130.
 */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isSecond = false;
    for (const signal of ENDING) {
      process.on(signal, () => {
        if (isSecond) process.exit(128 + constants.signals[signal]);
        isSecond = true;
        resolve(signal);
      });
    }
  });
}
