import assert from 'node:assert';
import { DeliveryError } from '../../core/errors.ts';
import type { DiskFile } from '../disk.ts';
import { emptyIndex } from './block-index.ts';
import { encodeGroup, encodeHeader, FIRST_GROUP, FORMAT_VERSION, type StoredBlock } from './format.ts';
import { type GroupDraft, groupDraft, type Wish } from './group.ts';
import { applyGroup, applyOpen, type Ledger, type Operation, snapshotOf } from './ledger.ts';
import type { Report } from './report.ts';
import type { Segments } from './segments.ts';

/**
 * The one who writes. Requests that arrive while a group is on its way to the disk share the next one; the ledger changes
 * only when a group is durable, before the next is put together, so a request always decides on what is true.
 *
 * A write that fails tells nothing about what reached the disk. Its requests are refused, and the log goes on in a new segment,
 * whose header says where the old one validly ends. Until such a header is durable the log is not ready: every group tries
 * again, and so does a timer.
 */
export interface Writer {
  /** Resolves with the request's answer when what it wished is durable and applied. */
  submit<T>(request: Request<T>): Promise<T>;
  /** Opens the first segment of this run of the process. When it rejects, the log is not ready and goes on trying. */
  start(): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}

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

export interface WriterOptions {
  readonly ledger: Ledger;
  readonly segments: Segments;
  readonly segmentBytes: number;
  readonly fsync: 'always' | 'interval';
  readonly fsyncIntervalMs: number;
  readonly newSalt: () => number;
  readonly report: Report;
  /** Called after each group was applied, and after a new segment was opened. */
  readonly applied: (operations: readonly Operation[], isNewSegment: boolean) => void;
}

interface Waiting {
  readonly request: Request<unknown>;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  preparations: number;
}

interface Active {
  readonly number: number;
  readonly file: DiskFile;
  readonly salt: number;
  readonly isPrepared: boolean;
  readonly capacityBytes: number;
  readonly index: ReturnType<typeof emptyIndex>;
  /** The next record's number for each written name. */
  readonly numbers: Map<string, number>;
  end: number;
}

/** A group takes no more requests beyond this; a single one may be larger. */
const GROUP_BYTES = 8 * 1024 * 1024;
const REQUESTS_A_GROUP = 4_096;
/** How often a request may find, when its turn comes, that what it prepared has changed. */
const PREPARATIONS = 100;
/** After a failed write the log is opened anew at least this often until that succeeds. */
const REOPEN_AFTER_MS = 1_000;

export function openWriter(options: WriterOptions): Writer {
  const { ledger, segments, segmentBytes, report, applied } = options;
  const queue: Waiting[] = [];
  let active: Active | undefined;
  let isReady = false;
  let isClosed = false;
  /** What was found in the last segment of an earlier run of the process is on the disk for certain. */
  let isTailDurable = false;
  /** In `interval` mode: the active file holds bytes that were not fsynced. */
  let isDirty = false;
  let writing: Promise<void> | undefined;
  let reopening: NodeJS.Timeout | undefined;
  const syncing = options.fsync === 'interval' ? setInterval(syncSoon, options.fsyncIntervalMs).unref() : undefined;

  function enqueue(waiting: Waiting): void {
    if (isClosed) {
      waiting.reject(new DeliveryError('The buffer is closed.', { code: 'Buffer.Closed', retryable: true }));
      return;
    }
    queue.push(waiting);
    startWriting();
  }

  /** One group is under way at a time. Whoever comes in the same turn of the event loop still joins the first. */
  function startWriting(): void {
    writing ??= Promise.resolve()
      .then(writeAll)
      .finally(() => {
        writing = undefined;
        if (queue.length > 0) startWriting();
      });
  }

  async function writeAll(): Promise<void> {
    if (!isReady && queue.length === 0) await reopen();
    while (queue.length > 0) await writeGroup();
  }

  async function writeGroup(): Promise<void> {
    const { members, draft } = gather();
    if (members.length === 0) return;
    let written: Written;
    try {
      written = await write(
        draft,
        members.every(({ request }) => request.isPlain),
      );
    } catch (error) {
      for (const { reject } of members) reject(refusal(error));
      failed(error);
      return;
    }
    for (const { request, resolve } of members) resolve(request.answer(written));
  }

  /** Takes requests from the queue, in order, until the group is full or one depends on another in it. */
  function gather(): { members: Waiting[]; draft: GroupDraft } {
    const members: Waiting[] = [];
    const draft = groupDraft();
    const touched = new Set<string>();
    let taken = 0;
    for (const waiting of queue) {
      if (members.length === REQUESTS_A_GROUP || draft.bytes() >= GROUP_BYTES) break;
      const wish = decided(waiting);
      if (wish !== undefined) {
        if (wish.touches.some((name) => touched.has(name))) break;
        for (const name of wish.touches) touched.add(name);
        draft.add(wish);
        members.push(waiting);
      }
      taken += 1;
      // What a discard takes away must not be decided upon after it by what was true before.
      if (wish?.operations.some((operation) => operation.do === 'discard')) break;
    }
    queue.splice(0, taken);
    return { members, draft };
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

  async function write(draft: GroupDraft, isPlain: boolean): Promise<Written> {
    if (draft.isEmpty()) return { segment: ledger.active };
    // A segment without a file filled beforehand is slow: it gives way as soon as there is one.
    if (active && isReady && (active.isPrepared || !segments.isPrepared())) {
      const encoded = encode(draft, active);
      if (encoded.end <= active.capacityBytes) {
        await put(active, encoded.pieces, isPlain);
        take(active, encoded, draft.operations);
        return { segment: active.number };
      }
    }
    return { segment: await openNext(draft) };
  }

  function encode(draft: GroupDraft, { number, salt, end, numbers }: Active, isFirst?: true) {
    const blocks = draft.blocks(number, (name) => numbers.get(name) ?? 0);
    const group = { seq: ledger.seq, blocks, operations: draft.operations, ...(isFirst && { isFirst }) };
    return encodeGroup(group, { segment: number, salt, offset: end });
  }

  async function put({ file, end }: Active, pieces: readonly Uint8Array[], isPlain: boolean): Promise<void> {
    if (options.fsync === 'always') return file.writeDurably(pieces, end);
    await file.write(pieces, end);
    isDirty = true;
    if (!isPlain) await sync(file);
  }

  async function sync(file: DiskFile): Promise<void> {
    isDirty = false;
    await file.sync();
  }

  /** The group is durable: now it is true. */
  function take(
    into: Active,
    { stored, end }: { stored: StoredBlock[]; end: number },
    operations: readonly Operation[],
  ): void {
    for (const block of stored) {
      into.index.add(block);
      if (block.origin === into.number) into.numbers.set(block.name, block.from + block.count);
    }
    into.end = end;
    applyGroup(ledger, { segment: into.number, seq: ledger.seq, blocks: stored, operations }, end);
    applied(operations, false);
  }

  /** Goes on in a new segment: header, snapshot and, if there is one, the first group are durable with one write. */
  async function openNext(draft?: GroupDraft): Promise<number> {
    // The snapshot will speak of records whose bytes the old file may still owe.
    if (active && isDirty && isReady) await sync(active.file);
    if (!isTailDurable) await segments.rewrite(ledger.active);
    isTailDurable = true;
    const fresh = await segments.take();
    const { number, file, preparedBytes } = fresh;
    const salt = options.newSalt();
    const previous = ledger.segments.get(ledger.active);
    const after = previous && { previous: ledger.active, previousEnd: previous.end };
    const header = { version: FORMAT_VERSION, number, salt, seq: ledger.seq, ...after };
    const snapshot = encodeGroup(
      { seq: ledger.seq, blocks: [], operations: [], snapshot: snapshotOf(ledger, header) },
      { segment: number, salt, offset: FIRST_GROUP },
    );
    const capacityBytes = Math.max(segmentBytes, preparedBytes, snapshot.end + segmentBytes / 2);
    const next: Active = {
      ...{ number, file, salt, capacityBytes, isPrepared: preparedBytes > 0, end: snapshot.end },
      index: emptyIndex(),
      numbers: new Map(),
    };
    const first = draft && encode(draft, next, true);
    try {
      await file.writeDurably([encodeHeader(header), ...snapshot.pieces, ...(first?.pieces ?? [])], 0);
    } catch (error) {
      segments.abandon(fresh);
      throw error;
    }
    const old = active?.number;
    applyOpen(ledger, header, snapshot.end);
    segments.activate(number, file, next.index);
    if (old !== undefined) segments.retire(old);
    active = next;
    isDirty = false;
    if (!isReady && old !== undefined) report.warn('The log can be written again.', { segment: number });
    isReady = true;
    segments.prepare();
    applied([], true);
    if (first && draft) take(next, first, draft.operations);
    return number;
  }

  async function reopen(): Promise<void> {
    try {
      await openNext();
    } catch (error) {
      failed(error);
    }
  }

  function failed(error: unknown): void {
    const wasReady = isReady;
    isReady = false;
    if (wasReady || active === undefined)
      report.warn('Writing to the log failed; puts are refused until it works again.', { error: String(error) });
    if (isClosed || reopening) return;
    // At once after the first failure: most often a new segment works.
    reopening = setTimeout(
      () => {
        reopening = undefined;
        if (!isReady && !isClosed) startWriting();
      },
      wasReady ? 0 : REOPEN_AFTER_MS,
    ).unref();
  }

  function syncSoon(): void {
    if (!isDirty || active === undefined || !isReady) return;
    sync(active.file).catch(failed);
  }

  return {
    submit: (request) =>
      new Promise((resolve, reject) => {
        // What answer() returns is what submit promises.
        enqueue({ request, resolve: resolve as (answer: unknown) => void, reject, preparations: 0 });
      }),
    async start() {
      try {
        await openNext();
      } catch (error) {
        failed(error);
        throw error;
      }
    },
    isReady: () => isReady,
    async close() {
      isClosed = true;
      clearInterval(syncing);
      clearTimeout(reopening);
      while (writing) await writing;
      if (isDirty && isReady && active) await sync(active.file);
    },
  };
}

function refusal(cause: unknown): DeliveryError {
  const message = 'The buffer could not write to its disk; nothing of this was stored.';
  return new DeliveryError(message, { code: 'Buffer.WriteFailed', retryable: true, cause });
}
