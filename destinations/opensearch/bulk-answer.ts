import { DeliveryError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonValue } from '../../src/core/json.ts';
import type { RefusedRecord } from '../../src/core/refusals.ts';
import type { Answer } from '../http/post.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { type BulkBody, MALFORMED } from './bulk-body.ts';
import { type ClusterError, documentError, requestError } from './cluster-error.ts';

/**
 * The members that are read, and no others: a whole answer repeats index and id of each document. In the form in which
 * a signature has it.
 */
export const BULK_QUERY = `filter_path=${[
  'items.*.status',
  'items.*.error.type',
  'items.*.error.reason',
  'items.*.error.caused_by.type',
  'items.*.error.caused_by.reason',
  'error',
  'status',
]
  .map((path) => path.replaceAll('*', '%2A'))
  .join('%2C')}`;

/**
 * The records that were not taken, by a `_bulk` answer. Throws a `DeliveryError` when the answer does not say of each
 * document what became of it.
 */
export function notTaken(answer: Answer, request: BulkBody, now: number): readonly RefusedRecord[] {
  if (answer.status !== 200) throw refusedRequest(answer, now);
  const items = itemsIn(answer.body);
  const { places } = request;
  if (items.length !== places.length) {
    const message = `The cluster answered for ${items.length} documents out of ${places.length}.`;
    throw new DeliveryError(message, { code: 'OS.ResponseEntryCountMismatch', retryable: true });
  }
  const failures: { readonly at: number; readonly error: ClusterError }[] = [];
  for (const [at, item] of items.entries()) {
    const error = errorOf(item);
    if (error !== undefined) failures.push({ at, error });
  }
  if (failures.length === 0) return [];
  const documents = documentsIn(request.body);
  return failures.map(({ at, error }) => {
    // As many documents as places.
    const isMalformed = !error.retryable && !isJson(documents[at]!);
    const { code, message } = isMalformed ? { code: 'OS.MalformedData', message: MALFORMED } : error;
    return { index: places[at]!, code, message, retryable: error.retryable };
  });
}

function refusedRequest(answer: Answer, now: number): DeliveryError {
  const { code, message } = requestError(answer.status, answer.body);
  const isTooLarge = answer.status === 413;
  return new DeliveryError(message, {
    ...{ code, retryable: !isTooLarge, isTooLarge, retryAfterMs: retryAfterMs(answer, now) },
  });
}

function itemsIn(body: Buffer): readonly JsonValue[] {
  const said = parsed(body);
  if (isJsonObject(said) && Array.isArray(said.items)) return said.items;
  const message = 'The answer is not what a cluster answers to _bulk. Is the endpoint that of a cluster?';
  throw new DeliveryError(message, { code: 'OS.ServiceException', retryable: true });
}

/** Undefined when the document was taken. An item is `{ index: { status, error? } }`; old clusters call it `create`. */
function errorOf(item: JsonValue): ClusterError | undefined {
  const [outcome] = isJsonObject(item) ? Object.values(item) : [];
  if (!isJsonObject(outcome) || typeof outcome.status !== 'number') return UNSAID;
  return outcome.status >= 200 && outcome.status < 300 ? undefined : documentError(outcome.status, outcome.error);
}

const UNSAID: ClusterError = {
  code: 'OS.ServiceException',
  message: 'The cluster did not say what became of the document.',
  retryable: true,
};

/** Every second line. */
function documentsIn(body: Buffer): readonly Buffer[] {
  const documents: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const document = body.indexOf('\n', at) + 1;
    const end = body.indexOf('\n', document);
    documents.push(body.subarray(document, end));
    at = end + 1;
  }
  return documents;
}

function isJson(document: Buffer): boolean {
  return parsed(document) !== undefined;
}

function parsed(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString());
  } catch {
    return undefined; // not JSON
  }
}
