import type { Report } from './report.ts';

/** Work nobody waits for. It only ever makes things faster or smaller, so a failure is reported and no more. */
export interface Background {
  start(what: string, work: () => Promise<unknown>): void;
  /** Resolves when nothing is under way, and nothing that it started either. */
  settled(): Promise<void>;
}

export function openBackground(report: Report): Background {
  const tasks = new Set<Promise<void>>();
  return {
    start(what, work) {
      const task: Promise<void> = work()
        .then(() => {})
        .catch((error: unknown) => report.warn(`${what} failed; the log goes on without it.`, { error: String(error) }))
        .finally(() => tasks.delete(task));
      tasks.add(task);
    },
    async settled() {
      while (tasks.size > 0) await Promise.all(tasks);
    },
  };
}
