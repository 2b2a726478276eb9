import { invalidArgument } from '../invalid.ts';
import type { s3BufferingHints } from '../shapes/common.ts';
import type { ValueOf } from '../shapes/index.ts';

export type Hints = ValueOf<typeof s3BufferingHints>;

/** https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html */
export const S3_HINTS = { SizeInMBs: 5, IntervalInSeconds: 300 };

/** AWS takes both hints or neither; its wording was not observed. */
export function checkHints(hints: Hints | undefined): void {
  if (hints !== undefined && (hints.SizeInMBs === undefined || hints.IntervalInSeconds === undefined)) {
    throw invalidArgument('BufferingHints must contain both SizeInMBs and IntervalInSeconds.');
  }
}

/** Zero buffering is not for the bucket that takes backups and errors. AWS's wording was not observed. */
const BACKUP_INTERVAL_LEAST_S = 60;

export function checkBackupHints(hints: Hints | undefined): void {
  checkHints(hints);
  if ((hints?.IntervalInSeconds ?? BACKUP_INTERVAL_LEAST_S) < BACKUP_INTERVAL_LEAST_S) {
    throw invalidArgument('BufferingHints.IntervalInSeconds must be at least 60 seconds for an S3 backup.');
  }
}
