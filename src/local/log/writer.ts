import { DeliveryError } from '../../core/errors.ts';
import type { DiskFile } from '../disk.ts';
import { emptyIndex } from './block-index.ts';
import { encodeGroup, FIRST_GROUP, FORMAT_VERSION } from './format.ts';
import type { FreshFiles } from './fresh-files.ts';
import type { GroupDraft } from './group.ts';
import { encodeHeader } from './header.ts';
import { applyGroup, applyOpen } from './ledger.ts';
import { type Request, requestQueue, type Written } from './queue.ts';
import type { Report } from './report.ts';
import type { Segments } from './segments.ts';
import { snapshotOf } from './snapshot.ts';
import type { Ledger, Operation, StoredBlock } from './state.ts';

/**
 * The one who writes. Requests that arrive while a group is on its way to the disk share the next one; the ledger
 * changes only when a group is durable, before the next is put together, so a request always decides on what is true.
 *
 * A write that fails tells nothing about what reached the disk. Its requests are refused, and the log goes on in a new
 * segment, whose header says where the old one validly ends. Until such a header is durable the log is not ready: every
 * group tries again, and so does a timer.
 */
export interface Writer {
  /** Resolves with the request's answer when what it wished is durable and applied. */
  submit<T>(request: Request<T>): Promise<T>;
  /** Opens the first segment of this run of the process. When it rejects, the log is not ready and goes on trying. */
  start(): Promise<void>;
  isReady(): boolean;
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly ledger: Ledger;
  readonly segments: Segments;
  readonly fresh: FreshFiles;
  readonly segmentBytes: number;
  readonly fsync: 'always' | 'interval';
  readonly fsyncIntervalMs: number;
  readonly newSalt: () => number;
  readonly report: Report;
  /** Called after each group was applied, and after a new segment was opened. */
  readonly applied: (operations: readonly Operation[], isNewSegment: boolean) => void;
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

/** After a failed write the log is opened anew at least this often until that succeeds. */
const REOPEN_AFTER_MS = 1_000;

export function openWriter(options: WriterOptions): Writer {
  const { ledger, segments, fresh, segmentBytes, report, applied } = options;
  const queue = requestQueue(startWriting);
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

  /** One group is under way at a time. Whoever comes in the same turn of the event loop still joins the first. */
  function startWriting(): void {
    writing ??= Promise.resolve()
      .then(writeAll)
      .finally(() => {
        writing = undefined;
        if (!queue.isEmpty()) startWriting();
      });
  }

  async function writeAll(): Promise<void> {
    if (!isReady && queue.isEmpty()) await reopen();
    while (!queue.isEmpty()) await writeGroup();
  }

  async function writeGroup(): Promise<void> {
    const { members, draft } = queue.take();
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

  async function write(draft: GroupDraft, isPlain: boolean): Promise<Written> {
    if (draft.isEmpty()) return { segment: ledger.active };
    // A segment without a file filled beforehand is slow: it gives way as soon as there is one.
    if (active && isReady && (active.isPrepared || !fresh.isPrepared())) {
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
    try {
      await file.sync();
    } catch (error) {
      isDirty = true;
      throw error;
    }
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
    // The snapshot will speak of records whose bytes the old file may still owe; after a failed fsync another one would
    // say that it owes nothing.
    if (active && isDirty) await (isReady ? sync(active.file) : segments.rewrite(active.number));
    if (!isTailDurable) await segments.rewrite(ledger.active);
    isTailDurable = true;
    const taken = await fresh.take();
    const { number, file, preparedBytes } = taken;
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
      segments.abandon(taken);
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
    fresh.prepare();
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
    submit: (request) => queue.submit(request),
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
      queue.close();
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
