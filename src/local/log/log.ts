import { randomBytes } from 'node:crypto';
import type { BatchBlock, LocalBuffer } from '../../core/buffer.ts';
import { ConfigError } from '../../core/errors.ts';
import type { Disk } from '../disk.ts';
import { openBackground } from './background.ts';
import { openCompaction } from './compact.ts';
import { openFreshFiles } from './fresh-files.ts';
import { batchOf, laneStatus, segmentsInUse, stageKey } from './ledger.ts';
import { type ReaderContext, readRun } from './reader.ts';
import { recover } from './recover.ts';
import { type DamageCount, openReport } from './report.ts';
import { changeRequest, planRequest, postponeRequest, sealRequest } from './requests.ts';
import { openSegments } from './segments.ts';
import type { Ledger, Operation } from './state.ts';
import { openWriter } from './writer.ts';

export interface LogOptions {
  /** Made if it is missing. Nothing but the log may live in it. */
  readonly folder: string;
  readonly disk: Disk;
  /** What `usage` tells, and what garbage is measured by. The log itself refuses nothing. */
  readonly budgetBytes: number;
  /**
   * `always`: a commit is answered when it is on the disk. `interval`: an append is answered when the system has its
   * bytes, which survive the death of the process but, for up to `fsyncIntervalMs`, not a power cut; everything else
   * still waits for the disk, and for all appends before it.
   */
  readonly fsync: 'always' | 'interval';
  readonly fsyncIntervalMs?: number;
  /** For tests: bytes of a segment, otherwise a sixteenth of the budget within 8 and 64 MiB. */
  readonly segmentBytes?: number;
  /** For tests: 32 random bits, new for each segment. */
  readonly newSalt?: () => number;
  /** Something the operator should know, as one sentence with its fields. */
  readonly warn: (message: string, fields: Readonly<Record<string, string | number>>) => void;
}

export interface Log extends LocalBuffer {
  /** False while the disk takes no writes: commits are then refused, and accepted again as soon as it does. */
  isReady(): boolean;
  /** Damage found since the log was opened. */
  damaged(): DamageCount;
  /** Its state, for tests and inspection. */
  readonly ledger: Ledger;
}

/**
 * Segments are a sixteenth of the budget within these bounds: small enough to be freed soon, large enough to be rare.
 */
const SEGMENT_SHARE = 16;
/**
 * Files kept to be used again may take so much of the budget. They were segments before, so the log takes no more than
 * it did.
 */
const SPARES_SHARE = 1 / 4;
const SEGMENT_LEAST_BYTES = 8 * 1024 * 1024;
const SEGMENT_MOST_BYTES = 64 * 1024 * 1024;

/**
 * The durable buffer of one machine: an append-only log in the folder's segment files; see `format.ts` for the bytes,
 * `state.ts` and `ledger.ts` for what it knows and how that changes, `writer.ts` for commits, `recover.ts` for what
 * happens here.
 *
 * Damage never keeps it from opening. It rejects with a `ConfigError` when another process holds the folder, when a
 * newer version wrote it, and when it is not a folder one can write to.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  const { disk, folder } = options;
  const unlock = await claim(disk, folder);
  try {
    return await openClaimed(options, unlock);
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function claim(disk: Disk, folder: string): Promise<() => Promise<void>> {
  try {
    await disk.makeFolder(folder);
    return await disk.lock(folder);
  } catch (error) {
    throw unusable(folder, error);
  }
}

/** The ways in which a folder cannot be used at all, whatever the log does. */
const UNUSABLE: Readonly<Record<string, string>> = {
  ELOCKED: 'is in use by another process',
  EACCES: 'may not be written by this user',
  EPERM: 'may not be written by this user',
  EROFS: 'is on a read-only file system',
  EEXIST: 'is not a folder',
  ENOTDIR: 'is not a folder',
};

/** A file system's error has a code, others none. */
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
const isUnusable = (error: unknown): boolean => codeOf(error) in UNUSABLE;

function unusable(folder: string, error: unknown): unknown {
  return isUnusable(error) ? new ConfigError('data', `${folder} ${UNUSABLE[codeOf(error)]}.`) : error;
}

async function openClaimed(options: LogOptions, unlock: () => Promise<void>): Promise<Log> {
  const { disk, folder, budgetBytes, warn } = options;
  const share = Math.round(budgetBytes / SEGMENT_SHARE);
  const segmentBytes = options.segmentBytes ?? Math.min(Math.max(share, SEGMENT_LEAST_BYTES), SEGMENT_MOST_BYTES);
  const report = openReport({ disk, folder, warn });
  const recovered = await recover({ disk, folder, segmentBytes, report }).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  const { ledger } = recovered;
  const background = openBackground(report);
  const { spares, nextNumber } = recovered;
  const fresh = openFreshFiles({
    ...{ disk, folder, segmentBytes, spares, nextNumber, background },
    sparesBytes: budgetBytes * SPARES_SHARE,
  });
  const segments = openSegments({
    ...{ disk, folder, segmentBytes, fresh, background, report, existing: recovered.segments },
    stateOf: (number) => ledger.segments.get(number),
  });
  const context = { ledger, segments, report };
  const leases = new Set<string>();
  const writer = openWriter({
    ...{ ledger, segments, fresh, segmentBytes, report, applied },
    fsync: options.fsync,
    fsyncIntervalMs: options.fsyncIntervalMs ?? FSYNC_INTERVAL_MS,
    newSalt: options.newSalt ?? (() => randomBytes(4).readUInt32LE()),
  });
  const compaction = openCompaction({ ...context, writer, budgetBytes, segmentBytes, letGo });

  /** Of all segments; forgotten after each group, because every put asks for it. */
  let usedBytes: number | undefined;

  function bytesInUse(): number {
    let bytes = 0;
    for (const number of segments.numbers()) bytes += ledger.segments.get(number)?.end ?? 0;
    return bytes;
  }

  function applied(operations: readonly Operation[], isNewSegment: boolean): void {
    usedBytes = undefined;
    if (!isNewSegment && !operations.some((operation) => RELEASING.has(operation.do))) return;
    letGo();
    compaction.check();
  }

  /** What nothing live is left of is freed. */
  function letGo(): void {
    for (const id of leases) if (!ledger.batches.has(id)) leases.delete(id);
    const used = segmentsInUse(ledger);
    for (const number of [...segments.numbers()]) {
      if (used.has(number) || number >= compaction.keepsFrom()) continue;
      segments.free(number);
      ledger.segments.delete(number);
    }
  }

  try {
    await writer.start();
  } catch (error) {
    // A full or failing disk is no reason not to start: what is stored can be delivered, and that may make room.
    if (!isUnusable(error)) warn('The log starts without being able to write.', { error: String(error) });
    else {
      await writer.close();
      throw unusable(folder, error);
    }
  }

  return {
    commit: async (change) => writer.submit(changeRequest(context, change)),
    seal: async (lane, want) => writer.submit(sealRequest(context, lane, want)),
    plan: async (batch, plan) => writer.submit(planRequest(ledger, batch, plan)),

    async postpone(batch, attempt) {
      await writer.submit(postponeRequest(ledger, batch, attempt));
      leases.delete(batch);
    },

    async lease(id) {
      const batch = ledger.batches.get(id);
      if (batch === undefined || leases.has(id)) return undefined;
      leases.add(id);
      return batchOf(batch);
    },

    release: (id) => void leases.delete(id),
    read: (id, from = 0) => readBatch(context, id, from),
    lane: (lane) => laneStatus(ledger, lane),
    laneCount: (streamId, stage) => ledger.laneCounts.get(stageKey(streamId, stage)) ?? 0,

    due: () => ({
      lanes: [...ledger.lanes.keys()].map((lane) => laneStatus(ledger, lane)).filter((status) => status !== undefined),
      batches: [...ledger.batches.values()].map(batchOf),
    }),

    cursor: (name) => ledger.cursors.get(name),

    usage() {
      usedBytes ??= bytesInUse();
      return { usedBytes, budgetBytes };
    },

    heldBytes: (stream) => ledger.heldBytes.get(stream) ?? 0,
    isReady: writer.isReady,
    damaged: report.damaged,
    ledger,

    async close() {
      await compaction.stop();
      try {
        await writer.close();
      } finally {
        await fresh.close();
        await segments.close();
        await unlock();
      }
    },
  };
}

const FSYNC_INTERVAL_MS = 1_000;

/** Operations after which less is live than before. */
const RELEASING: ReadonlySet<Operation['do']> = new Set(['finish', 'discard', 'relocate']);

async function* readBatch(context: ReaderContext, id: string, from: number): AsyncGenerator<BatchBlock> {
  const batch = context.ledger.batches.get(id);
  if (batch === undefined) return;
  const start = Math.max(batch.advanced, from);
  let place = 0;
  for (const run of batch.runs) {
    const skipped = Math.min(Math.max(start - place, 0), run.records);
    for await (const block of readRun(context, run, skipped, run.records)) {
      yield { ...block, place: place + block.place };
    }
    place += run.records;
  }
}
