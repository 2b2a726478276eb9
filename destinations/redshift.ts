import assert from 'node:assert';
import type { Destination, Pending, Slice, SliceToPlan } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonValue } from '../src/core/json.ts';
import { derivedUuid } from '../src/formats/derived-names.ts';
import { copyFailed, copyForgotten, copyInDoubt, isLoadError, MISSING_FILE } from './redshift/copy-error.ts';
import { bucketSlice, type CopyPlan, copyPlan, manifest, readPlan } from './redshift/copy-plan.ts';
import { loadErrorIn, loadErrorsQuery } from './redshift/load-errors.ts';
import type { Warehouses } from './redshift/warehouse.ts';
import s3, { type S3Ports } from './s3.ts';

export interface RedshiftPorts extends S3Ports {
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly redshift: Warehouses;
}

/**
 * Redshift: a batch is one object in the stream's bucket, a manifest that names it, and a COPY of that through the Data
 * API, which says later what came of it. https://docs.aws.amazon.com/redshift-data/latest/APIReference/Welcome.html
 *
 * A batch is loaded once, whatever crashes. Which attempt's COPY may have begun is noted before it is asked for; until
 * Redshift says that it failed no other is begun. An attempt that finds such a note looks the statement up by its name,
 * and if it is not there asks for it again with the same token, of which the Data API begins one. A COPY that failed
 * has taken nothing; the next one has a token of its own.
 *
 * All that a COPY says is in the plan, so that a stream which is updated in the middle does not change what may have
 * begun. After a COPY that failed, a newer version of the stream brings a new plan.
 */
export default function redshift(ports: RedshiftPorts): Required<Omit<Destination, 'limits'>> {
  const { now, objects, redshift: warehouses } = ports;
  const { statements } = warehouses;
  const bucket = s3(ports);

  async function store(slice: Slice, plan: CopyPlan, signal: AbortSignal): Promise<void> {
    const { upload } = readNote(slice.plan.note);
    const object: Slice = {
      ...bucketSlice(slice),
      plan: { ...slice.plan, output: plan.object, ...(upload !== undefined && { note: upload }) },
      read: slice.read,
      note: (upload) => slice.note({ upload }),
    };
    await bucket.deliver(object, signal);
    await objects.put(manifest(plan, plan.manifestKey), signal);
  }

  async function begin(slice: Slice, { copy, sql }: { copy: number; sql: string }, signal: AbortSignal) {
    const { database } = readPlan(slice.plan.output);
    try {
      return await statements.begin(database, { sql, ...namesOf(slice, copy) }, signal);
    } catch (error) {
      // Then nobody need look for it.
      if (error instanceof DeliveryError && error.refused) await slice.note({ isStored: true });
      throw error;
    }
  }

  function later(pending: PendingCopy): Pending {
    const waitedMs = now() - pending.begunAt;
    const checkAt = now() + Math.min(Math.max(waitedMs / 4, FIRST_POLL_MS), LONGEST_POLL_MS);
    return { pending: { ...pending }, checkAt };
  }

  /** Redshift has undone the COPY. Why, is asked where it can be. */
  async function undone(slice: Slice, { statement }: PendingCopy, said: string, signal: AbortSignal): Promise<Pending> {
    const { url, database } = readPlan(slice.plan.output);
    if (!isLoadError(said)) return failed(slice, said);
    const token = derivedUuid(`${statement}/load-errors`);
    const query = { sql: loadErrorsQuery(url), name: nameOf(slice, token), token };
    const asked = await statements.begin(database, query, signal).catch(unlessDeliveryError);
    return asked === undefined ? failed(slice, said) : later({ statement: asked, begunAt: now(), said });
  }

  async function failed(slice: Slice, said: string, detail = ''): Promise<never> {
    const error = copyFailed(said, detail);
    // What is gone from the bucket is put there again.
    await slice.note({ isStored: error.code !== MISSING_FILE });
    throw error;
  }

  return {
    plan: async (slice) => ({ ...(await copyPlan(slice, { bucket, warehouses })) }),

    async deliver(slice, signal) {
      const plan = readPlan(slice.plan.output);
      const { database, sql } = plan;
      const { isStored, copy } = readNote(slice.plan.note);
      const began = copy === undefined ? undefined : await statements.find(database, namesOf(slice, copy).name, signal);
      if (began !== undefined) return later({ statement: began, begunAt: now() });
      if (!isStored) await store(slice, plan, signal);
      const next = copy ?? slice.plan.attempt;
      await slice.note({ isStored: true, copy: next });
      return later({ statement: await begin(slice, { copy: next, sql }, signal), begunAt: now() });
    },

    async check(slice, state, signal) {
      const pending = readPending(state);
      const { statement, begunAt, said } = pending;
      const { database } = readPlan(slice.plan.output);
      const found = await statements.state(database, statement, signal).catch(unlessDeliveryError);
      const isOpen = found === undefined || found.is === 'running';
      if (isOpen && now() < begunAt + REMEMBERED_MS) return later(pending);
      if (said !== undefined) {
        const asked = found?.is === 'finished' ? statements.rows(database, statement, signal) : Promise.resolve([]);
        return failed(slice, said, loadErrorIn((await asked.catch(unlessDeliveryError)) ?? []));
      }
      if (found?.is === 'finished') return { bytes: slice.bytes };
      if (found?.is === 'failed') return undone(slice, pending, found.message, signal);
      throw copyForgotten();
    },

    // Objects that no COPY has taken are in nobody's way.
    isAbsent: async ({ note }) => readNote(note).copy === undefined,

    async abandon(slice, { output, note }, signal) {
      const plan = readPlan(output);
      const { isStored, copy } = readNote(note);
      const began = copy && (await statements.find(plan.database, namesOf(slice, copy).name, signal));
      if (began !== undefined) throw copyInDoubt();
      // What is not in the bucket cannot be loaded from there.
      if (isStored) await objects.put(manifest(plan, plan.skippedKey), signal);
    },
  };
}

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 10_000;
/** The longest that Redshift runs a statement, and that the Data API knows of it. */
const REMEMBERED_MS = 24 * 3_600_000;

interface Note {
  /** Object and manifest are in the bucket. */
  readonly isStored: boolean;
  /** The attempt whose COPY may have begun. */
  readonly copy?: number;
  /** What the bucket noted of an upload that is under way. */
  readonly upload?: JsonValue;
}

function readNote(note: JsonValue | undefined): Note {
  if (!isJsonObject(note)) return { isStored: false };
  const { isStored, copy, upload } = note;
  return {
    isStored: isStored === true,
    ...(typeof copy === 'number' && { copy }),
    ...(upload !== undefined && { upload }),
  };
}

interface PendingCopy {
  /** The id of the COPY or, once that has failed, of the query that asks why. */
  readonly statement: string;
  /** Ms since the epoch. */
  readonly begunAt: number;
  /** What Redshift said of the COPY that failed. */
  readonly said?: string;
}

/** What comes back is what `deliver` or `check` said. */
function readPending(pending: JsonValue): PendingCopy {
  assert(isJsonObject(pending), 'what is pending is an object');
  const { statement, begunAt, said } = pending;
  assert(typeof statement === 'string' && typeof begunAt === 'number', 'what is pending has its statement and time');
  return { statement, begunAt, ...(typeof said === 'string' && { said }) };
}

/** Of the COPY of an attempt. */
function namesOf(slice: SliceToPlan, attempt: number): { readonly name: string; readonly token: string } {
  const token = derivedUuid(`${slice.id}/copy/${attempt}`);
  return { name: nameOf(slice, token), token };
}

/** Among the statements of an account. */
function nameOf({ stream }: SliceToPlan, token: string): string {
  return `${stream.name}-${token}`;
}

/** Where the Data API cannot be asked, the COPY may have ended all the same. */
function unlessDeliveryError(error: unknown): undefined {
  if (!(error instanceof DeliveryError)) throw error;
}
