import type { Destination } from '../../src/core/destination.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import { eachRecord } from '../../src/core/records.ts';
import type { Random } from '../kit/random.ts';
import type { Calls, Invocation } from './shaky.ts';

export interface StoredObject {
  readonly isBackup: boolean;
  readonly records: readonly string[];
}

export interface FarSide {
  /** By key. */
  readonly stored: Map<string, StoredObject>;
  destination(by: Invocation): Destination;
  heal(): void;
}

/** Buckets that refuse, forget to answer, and never take a record that says so. Named by plans, put if absent. */
export function farSide(random: Random, { call }: Calls): FarSide {
  const stored = new Map<string, StoredObject>();
  let isHealed = false;

  const failure = (refused: boolean, retryable = true) =>
    new DeliveryError('The bucket is out of order.', { code: 'S3.Simulated', retryable, refused });

  const destination = (by: Invocation): Destination => ({
    plan: ({ id, config, stream }) => `${config.BucketARN}/${stream.version}/${id}`,

    async isAbsent(plan) {
      return call(by, async () => !stored.has(String(plan.output)));
    },

    async deliver({ id, read, plan, config, errorOutputType }) {
      const records: string[] = [];
      for await (const block of read())
        for (const record of eachRecord(block)) records.push(Buffer.from(record).toString());
      const isTaken = (text: string): boolean => errorOutputType !== undefined || !text.includes('!');
      const fate = isHealed ? 1 : random.next();
      if (fate < 0.1) throw failure(true);
      if (fate < 0.2) throw failure(false);
      const isBackup = config.BucketARN === BACKUP_BUCKET;
      // Some batches it never takes as a whole.
      if (!isBackup && errorOutputType === undefined && /[37]\/0$/.test(id)) throw failure(true, false);
      await call(by, async () => {
        const key = String(plan.output);
        if (!stored.has(key)) stored.set(key, { isBackup, records: isBackup ? records : records.filter(isTaken) });
      });
      if (fate < 0.3) throw failure(false);
      if (isBackup) return { bytes: 0 };
      const refused = records.flatMap((text, index) =>
        isTaken(text) ? [] : [{ index, code: 'S3.Simulated', message: 'Not this one.', retryable: false }],
      );
      return { bytes: 0, refused };
    },
  });

  return {
    stored,
    destination,
    heal() {
      isHealed = true;
    },
  };
}

export const BACKUP_BUCKET = 'arn:aws:s3:::backup';
