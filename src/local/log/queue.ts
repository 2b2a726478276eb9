import assert from 'node:assert';
import { DeliveryError } from '../../core/errors.ts';
import { type GroupDraft, groupDraft, type Wish } from './group.ts';

export interface Request<T> {
  /** Decides, at the moment the group is put together. `later` sends it to `prepare` and to the end of the queue. */
  decide(): Wish | 'later';
  prepare?(): Promise<void>;
  /** Called once the group is applied. */
  answer(written: Written): T;
  /** Whether it may be answered before it is fsynced in `interval` mode. */
  readonly isPlain: boolean;
}

export interface Written {
  readonly segment: number;
}

/** Who waits for the next group. First come, first served, but a request that has to prepare anew goes to the end. */
export interface RequestQueue {
  submit<T>(request: Request<T>): Promise<T>;
  isEmpty(): boolean;
  /**
   * Those who share the next group, until it is full or one depends on another in it. None when all that waited has to
   * prepare.
   */
  take(): { readonly members: readonly Waiting[]; readonly draft: GroupDraft };
  /** Refuses whoever comes from now on. */
  close(): void;
}

export interface Waiting {
  readonly request: Request<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  preparations: number;
}

/** A group takes no more requests beyond these; a single one may be larger. */
const GROUP_BYTES = 8 * 1024 * 1024;
const REQUESTS_A_GROUP = 4_096;
/** How often a request may find, when its turn comes, that what it prepared has changed. */
const PREPARATIONS = 100;

/** `wake` is called when somebody waits. */
export function requestQueue(wake: () => void): RequestQueue {
  const queue: Waiting[] = [];
  let isClosed = false;

  function enqueue(waiting: Waiting): void {
    if (isClosed) {
      waiting.reject(new DeliveryError('The buffer is closed.', { code: 'Buffer.Closed', retryable: true }));
      return;
    }
    queue.push(waiting);
    wake();
  }

  function decided(waiting: Waiting): Wish | undefined {
    try {
      const wish = waiting.request.decide();
      if (wish !== 'later') return wish;
      void prepareAgain(waiting);
    } catch (error) {
      waiting.reject(error);
    }
    return undefined;
  }

  async function prepareAgain(waiting: Waiting): Promise<void> {
    try {
      waiting.preparations += 1;
      assert(waiting.preparations < PREPARATIONS, 'A request is decided after a few preparations.');
      await waiting.request.prepare?.();
      enqueue(waiting);
    } catch (error) {
      waiting.reject(error);
    }
  }

  return {
    submit: (request) =>
      new Promise((resolve, reject) => {
        // What answer() returns is what submit promises.
        enqueue({ request, resolve: resolve as (answer: unknown) => void, reject, preparations: 0 });
      }),
    isEmpty: () => queue.length === 0,
    take() {
      const members: Waiting[] = [];
      const draft = groupDraft();
      const touched = new Set<string>();
      let taken = 0;
      for (const waiting of queue) {
        if (members.length === REQUESTS_A_GROUP || draft.bytes() >= GROUP_BYTES) break;
        const wish = decided(waiting);
        if (wish?.touches.some((name) => touched.has(name))) break;
        taken += 1;
        if (wish === undefined) continue;
        for (const name of wish.touches) touched.add(name);
        draft.add(wish);
        members.push(waiting);
        // What a discard takes away must not be decided upon after it by what was true before.
        if (wish.operations.some((operation) => operation.do === 'discard')) break;
      }
      queue.splice(0, taken);
      return { members, draft };
    },
    close() {
      isClosed = true;
    },
  };
}
