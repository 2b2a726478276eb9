import { isJsonObject, type JsonValue } from '../../src/core/json.ts';

/** What a cluster says is wrong, with a document or with a request. */
export interface ClusterError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** Of a cluster's words, in error messages. */
const MESSAGE_LONGEST = 1_000;

/**
 * Failures that pass or can be mended while records are retried, whatever status they come with: a full queue or heap,
 * an index that a full disk has closed to writers, a role that lacks a right.
 */
const PASSING: ReadonlyMap<string, string> = new Map([
  ['circuit_breaking_exception', '429'],
  ['es_rejected_execution_exception', '429'],
  ['rejected_execution_exception', '429'],
  ['cluster_block_exception', 'OS.ClusterBlockException'],
  ['security_exception', 'OS.AccessDenied'],
]);

/** https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html */
const CODES: ReadonlyMap<number, string> = new Map([
  [401, 'OS.AccessDenied'],
  [403, 'OS.AccessDenied'],
  [404, 'OS.ResourceNotFound'],
  [408, 'OS.RequestTimeout'],
  [500, 'OS.InternalError'],
  [502, 'OS.BadGateway'],
  [503, 'OS.ServiceException'],
  [504, 'OS.GatewayTimeout'],
]);

/**
 * Of one document. A 4xx is about the document and final. There is no conflict (409) among them: `index` overwrites
 * without asking for a version.
 */
export function documentError(status: number, error: JsonValue | undefined): ClusterError {
  const type = typeIn(error);
  const passing = PASSING.get(type);
  const retryable = passing !== undefined || status === 408 || status === 429 || status >= 500;
  return { code: passing ?? `${status}`, message: wordsOf(error) || `The status is ${status}.`, retryable };
}

/** Of a whole request. It may yet succeed: what keeps a cluster from taking any document can be mended. */
export function requestError(status: number, body: Buffer): ClusterError {
  const text = body.toString();
  const error = errorIn(text);
  const words = error === undefined ? text : wordsOf(error);
  const isExplicitIndex = /explicit index in bulk is not allowed/i.test(words);
  const code = isExplicitIndex
    ? 'OS.ExplicitIndexInBulkNotAllowed'
    : (PASSING.get(typeIn(error)) ?? CODES.get(status) ?? `${status}`);
  return { code, message: bounded(`The cluster answered ${status}: ${words}`), retryable: true };
}

function errorIn(text: string): JsonValue | undefined {
  try {
    const said: unknown = JSON.parse(text);
    return isJsonObject(said) ? said.error : undefined;
  } catch {
    return undefined; // a proxy's page, perhaps
  }
}

function typeIn(error: JsonValue | undefined): string {
  return isJsonObject(error) && typeof error.type === 'string' ? error.type : '';
}

/** `type: reason`, and those of its cause, which says what a parser found. Clusters before 2 have a text. */
function wordsOf(error: JsonValue | undefined): string {
  if (typeof error === 'string') return bounded(error);
  if (!isJsonObject(error)) return '';
  const own = [error.type, error.reason].filter((part) => typeof part === 'string').join(': ');
  const cause = isJsonObject(error.caused_by) ? wordsOf(error.caused_by) : '';
  return bounded(cause === '' ? own : `${own} (${cause})`);
}

function bounded(words: string): string {
  return words.length > MESSAGE_LONGEST ? `${words.slice(0, MESSAGE_LONGEST)}…` : words;
}
