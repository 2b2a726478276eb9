import { DeliveryError } from '../../src/core/errors.ts';

/** Redshift refers to its tables of load errors, by their older or newer name. */
const LOAD_ERROR = /stl_load_errors|sys_load_error_detail/i;

/**
 * Firehose's code for what Redshift says of a COPY that failed. The first that fits: what comes later is vaguer.
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
 */
const CODES: readonly (readonly [RegExp, string])[] = [
  [LOAD_ERROR, 'DataLoadFailed'],
  [/column "?[^"]*"? specified more than once/i, 'ColumnSpecifiedMoreThanOnce'],
  [/column "?[^"]*"?( of relation .*)? does not exist/i, 'ColumnNotFound'],
  [/cannot copy into nonexistent table|relation .* does not exist|table .* not found/i, 'TableNotFound'],
  [/schema .* does not exist/i, 'SchemaNotFound'],
  [/database .* does not exist/i, 'DatabaseNotFound'],
  [/password authentication failed|authentication/i, 'AuthenticationFailed'],
  [/permission denied|must be owner/i, 'InsufficientPrivilege'],
  [/not authorized|assume(d)? (iam )?role|credentials/i, 'AccessDenied'],
  [/jsonpath/i, 'IncorrectJsonPathsFile'],
  [/nosuchkey|prefix .* does not exist|no such file|mandatory url/i, 'MissingS3File'],
  [/permanentredirect|must be addressed using|301 moved|region/i, 'IncorrectOrMissingRegion'],
  [/s3serviceexception.*access ?denied|403/i, 'S3BucketAccessDenied'],
  [/slow ?down/i, 'S3SlowDown'],
  [/conflicting or redundant options|option .* (not recognized|not supported)/i, 'IncorrectCopyOptions'],
  [/syntax error/i, 'SyntaxError'],
  [/disk full|no space left/i, 'DiskFull'],
  [/out of memory/i, 'OutOfMemory'],
  [/read-?only/i, 'ReadOnlyCluster'],
  [/cancel|aborted/i, 'QueryCancelled'],
  [/connection|could not connect/i, 'ConnectionFailed'],
];

/** For a COPY that failed for a reason that is none of them. */
const OTHERWISE = 'DataLoadFailed';

const SAID_MOST = 600;

/** The bucket does not hold what was put there. */
export const MISSING_FILE = 'Redshift.MissingS3File';

/** Whether the reason stands in Redshift's tables of load errors. */
export function isLoadError(said: string): boolean {
  return LOAD_ERROR.test(said);
}

/**
 * A COPY that Redshift has undone: it took nothing. Worth another try, as on AWS, for as long as the stream says:
 * somebody may mend the table.
 */
export function copyFailed(said: string, detail = ''): DeliveryError {
  const message = `Redshift did not load the records: ${said.slice(0, SAID_MOST)}${detail === '' ? '' : ` ${detail}`}`;
  return new DeliveryError(message, { code: `Redshift.${codeOf(said)}`, retryable: true, refused: true });
}

/** After a day the Data API knows no more of a statement. */
export function copyForgotten(): DeliveryError {
  const message = 'What became of a COPY could not be asked for a day, and Redshift does not know it any more.';
  return new DeliveryError(message, { code: 'Redshift.ConnectionFailed', retryable: true });
}

/** To set the records aside would double them if it ends well. */
export function copyInDoubt(): DeliveryError {
  const message =
    'A COPY that has begun may still load the records; they are kept until Redshift says what came of it.';
  return new DeliveryError(message, { code: 'Hydrant.InDoubt', retryable: true });
}

function codeOf(said: string): string {
  return CODES.find(([pattern]) => pattern.test(said))?.[1] ?? OTHERWISE;
}
