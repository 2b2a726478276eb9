import { DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { decodeBase64 } from '../../formats/base64.ts';
import { tooLarge } from './halves.ts';
import { partitionKeysIn } from './partition-keys.ts';
import type { TransformBatch, TransformOutcome } from './transform.ts';

/**
 * JSON values a response may hold: what any sensible one has for each record, and some more. Parsing the millions that
 * 6 MB could hold would keep the service from everything else for seconds.
 */
const VALUES_PER_RECORD_MOST = 128;
const OTHER_VALUES_MOST = 10_000;

/** Lambda's limit for the answer to a synchronous invocation: a little over 6 MB. */
export const RESPONSE_BYTES_MOST = 6_291_556;

/**
 * What the function answered, record by record, as Firehose judges it. Fails the whole attempt for what Firehose tries
 * again: an answer that is no JSON, is too large, or breaks the form in any entry for a record of the batch. Entries
 * with other ids are ignored, whatever they hold.
 */
export function outcomesIn(response: Uint8Array, { stream, records }: TransformBatch): readonly TransformOutcome[] {
  if (response.length > RESPONSE_BYTES_MOST) throw tooLarge('response');
  if (hasMoreValues(response, records.length * VALUES_PER_RECORD_MOST + OTHER_VALUES_MOST)) throw wrongForm();
  const answer = parse(response);
  // A function that forgot to return something answers null.
  if (answer !== null && !isJsonObject(answer)) throw wrongForm();
  const entries: unknown = answer?.records ?? [];
  if (!Array.isArray(entries)) throw wrongForm();

  const ids = new Set(records.map(({ id }) => id));
  const outcomes = new Map<string, TransformOutcome>();
  for (const entry of entries) {
    if (!isJsonObject(entry)) throw wrongForm();
    const { recordId } = entry;
    if (typeof recordId !== 'string' || !ids.has(recordId)) continue;
    const outcome = outcomeOf(entry, entry[stream.dataMember]);
    outcomes.set(recordId, outcomes.has(recordId) ? DUPLICATED : outcome);
  }
  return records.map(({ id }) => outcomes.get(id) ?? MISSING);
}

/**
 * Counts the bytes that stand before a value in JSON. Those within strings count as well, but the strings that make a
 * response large are base64, which has none of them.
 */
function hasMoreValues(response: Uint8Array, most: number): boolean {
  let values = 0;
  for (const before of [OPEN_BRACE, OPEN_BRACKET, COMMA]) {
    for (let at = response.indexOf(before); at >= 0; at = response.indexOf(before, at + 1)) {
      if (++values > most) return true;
    }
  }
  return false;
}

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const COMMA = 0x2c;

function parse(response: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(response.buffer, response.byteOffset, response.byteLength).toString());
  } catch (cause) {
    const message =
      'There was an error parsing returned records from the Lambda function. ' +
      'Ensure that the returned records follow the status model required by Firehose.';
    throw new DeliveryError(message, { code: 'Lambda.JsonProcessingException', retryable: true, cause });
  }
}

function outcomeOf({ result, metadata }: JsonObject, data: JsonValue | undefined): TransformOutcome {
  if (result === 'Dropped') return { result };
  if (result === 'ProcessingFailed') return PROCESSING_FAILED;
  if (result !== 'Ok') throw wrongForm();
  if (data === null || data === undefined) return NULL_DATA;
  const bytes = typeof data === 'string' ? decodeBase64(data) : undefined;
  if (bytes === undefined) throw wrongForm();
  const found = partitionKeysIn(metadata);
  if (found.result === 'unusable') return failed('InvalidReturnFormat', found.message);
  return { result, outputs: [found.result === 'none' ? { data: bytes } : { data: bytes, partitionKeys: found.keys }] };
}

function failed(code: string, message: string): TransformOutcome {
  return { result: 'failed', code: `Lambda.${code}`, message };
}

const PROCESSING_FAILED = failed('ProcessingFailedStatus', 'ProcessingFailed status set for record');

const MISSING = failed(
  'MissingRecordId',
  'One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids.',
);

const DUPLICATED = failed(
  'DuplicatedRecordId',
  'Multiple records were returned with the same record Id. ' +
    'Ensure that the Lambda function returns a unique record Id for each record.',
);

const NULL_DATA = failed(
  'InvalidReturnFormat',
  'The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and processing result is ' +
    'Ok. The value field cannot be null when the SourceType is MSKAsSource and processing result is Ok.',
);

/** Observed on AWS for an unknown `result` and for data that is not base64, alike. */
function wrongForm(): DeliveryError {
  const message =
    'Check your function and make sure the output is in required format. In addition to that, make sure the processed ' +
    'records contain valid result status of Dropped, Ok, or ProcessingFailed';
  return new DeliveryError(message, { code: 'Lambda.FunctionError', retryable: true });
}
