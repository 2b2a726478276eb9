import { DeliveryError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { Answer } from './post.ts';
import { retryAfterMs } from './retry-after.ts';

/** What a collector says in JSON; nothing when it is no JSON. */
export function saidIn({ body }: Answer): JsonObject {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isJsonObject(value) ? value : {};
  } catch {
    return {}; // a proxy's page, or nothing
  }
}

/**
 * Firehose's code for each of Splunk's.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/TroubleshootHTTPEventCollector
 */
const BY_SPLUNKS_CODE: Readonly<Record<number, string>> = {
  1: 'DisabledToken',
  2: 'InvalidToken',
  3: 'InvalidToken',
  4: 'InvalidToken',
  5: 'InvalidDataFormat',
  6: 'InvalidDataFormat',
  7: 'InvalidIndex',
  8: 'ServerError',
  9: 'IndexerBusy',
  12: 'InvalidDataFormat',
  13: 'InvalidDataFormat',
  14: 'DisabledAck',
  15: 'InvalidDataFormat',
  18: 'IndexerBusy',
  23: 'IndexerBusy',
  24: 'IndexerBusy',
  26: 'IndexerBusy',
  27: 'IndexerBusy',
};
const BY_STATUS: Readonly<Record<number, string>> = {
  401: 'InvalidToken',
  403: 'InvalidToken',
  404: 'URLNotFound',
  413: 'ServerError.ContentTooLarge',
  429: 'IndexerBusy',
  503: 'IndexerBusy',
};
/** Of an answer, in error messages. */
const QUOTED_LONGEST = 1_000;

/** An answer that takes nothing, as the error of the whole request. */
export function refusedBy(answer: Answer, now: number): DeliveryError {
  const { status, body } = answer;
  const { code } = saidIn(answer);
  const reason = (typeof code === 'number' ? BY_SPLUNKS_CODE[code] : undefined) ?? BY_STATUS[status] ?? 'ServerError';
  const isTooLarge = status === 413;
  return new DeliveryError(`Splunk answered ${status}: ${body.toString().slice(0, QUOTED_LONGEST)}`, {
    // What is wrong with token, index or data may be put right there.
    ...{ code: `Splunk.${reason}`, retryable: !isTooLarge, isTooLarge, retryAfterMs: retryAfterMs(answer, now) },
  });
}

/** What a load balancer wants to see again to come to the same indexer: the pairs of its cookies, as one header. */
export function cookieIn({ headers }: Answer): string {
  const cookies = headers['set-cookie'] ?? [];
  return (Array.isArray(cookies) ? cookies : [cookies]).map((cookie) => cookie.split(';', 1)[0]).join('; ');
}
