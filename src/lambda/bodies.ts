import { DeliveryError } from '../core/errors.ts';
import type { NewRow, Row, StagedObjects } from './services.ts';

/**
 * Beyond this a body is an object. DynamoDB bills writes by the KB, at $0.63 to $1.25 a million, and S3 a put and a get
 * at $5.40: so each write of a longer row costs more than that. (A row takes 400 KB.)
 */
const LONGEST_BODY = 8 * 1024;
/** The parts of a body that is elsewhere. No JSON begins so. */
const ELSEWHERE = 'staged:';

export interface Bodies {
  /** The body as a row may hold it. */
  fold(body: unknown): Promise<string>;
  unfold<Body>(row: Row): Promise<Body>;
}

/**
 * Bodies of rows, as JSON. A long one is put into the staging bucket first and the row names it, under a key that is
 * used for no other; what it replaces, or what a crash left without a row, is for `collect`.
 */
export function rowBodies(objects: StagedObjects, newId: () => string): Bodies {
  return {
    async fold(body) {
      const text = JSON.stringify(body);
      if (text.length <= LONGEST_BODY) return text;
      const key = `bodies/${newId()}`;
      await objects.put(key, Buffer.from(text));
      return ELSEWHERE + key;
    },

    async unfold<Body>(row: Row): Promise<Body> {
      const key = stagedBody(row);
      if (key === undefined) return JSON.parse(row.body) as Body; // who reads a row knows what it wrote there
      const bytes = await objects.get(key);
      if (bytes === undefined) throw missing(key);
      return JSON.parse(Buffer.from(bytes).toString()) as Body; // as above
    },
  };
}

/** The key of the row's body when that is an object. */
export function stagedBody({ body }: Row): string | undefined {
  return body.startsWith(ELSEWHERE) ? body.slice(ELSEWHERE.length) : undefined;
}

export function missing(key: string): DeliveryError {
  const message = `The staging bucket has no object ${key}, which the table says is there; it is looked for again.`;
  return new DeliveryError(message, { code: 'Buffer.MissingObject', retryable: true });
}

/** Of a row that is gone, what `collect` must still find there: its objects, which another may have by now. */
export function namesOnly(row: Row, objects: readonly string[]): string {
  if (stagedBody(row) !== undefined) return row.body;
  return JSON.stringify({ parts: objects.map((object) => ({ object })) });
}

/** Longer than any function runs, or any request of one is under way. */
const TOMBSTONE_MS = 24 * 60 * 60 * 1000;

/** A row that only says that it was there: repeats that come late find it. In no index any more. */
export function tombstone({ partition, name, body }: NewRow, now: number): NewRow {
  return { partition, name, body, expiresAt: now + TOMBSTONE_MS };
}
