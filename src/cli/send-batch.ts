import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ConfigError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { backoffMs } from '../core/retry.ts';
import type { Client } from './client.ts';

export interface Sending {
  readonly client: Pick<Client, 'call'>;
  readonly streamName: string;
  /** How long a batch is tried without any of its records being taken, in ms. */
  readonly retryForMs: number;
  /** Told each time how many records have to be sent again. */
  readonly resent: (records: number) => void;
}

/**
 * Puts records until the service has acknowledged every one. Sends again exactly those that were refused for now; after
 * a broken connection, when nobody knows, all of the call's, which may double them. Throws the last error once its time
 * is up, and at once what another try cannot cure.
 */
export async function sendBatch(records: readonly Buffer[], sending: Sending): Promise<void> {
  let left = records;
  let failures = 0;
  let giveUpAt = Date.now() + sending.retryForMs;
  while (left.length > 0) {
    const { refused, reason } = await attempt(left, sending);
    if (refused.length < left.length) {
      failures = 0;
      giveUpAt = Date.now() + sending.retryForMs;
    }
    left = refused;
    if (left.length === 0) return;
    if (Date.now() >= giveUpAt) throw reason;
    sending.resent(left.length);
    await sleep(backoffMs(++failures, Math.random()));
  }
}

interface Attempted {
  readonly refused: readonly Buffer[];
  readonly reason: unknown;
}

async function attempt(records: readonly Buffer[], { client, streamName }: Sending): Promise<Attempted> {
  try {
    const { RequestResponses } = await client.call('PutRecordBatch', putRecordBatchBody(streamName, records));
    const answers = Array.isArray(RequestResponses) ? RequestResponses.filter(isJsonObject) : [];
    if (answers.length !== records.length) {
      throw new ApiError('InternalFailure', `${records.length} records were sent, ${answers.length} answered.`, 500);
    }
    const refused = records.filter((_, i) => answers[i]?.RecordId === undefined);
    return { refused, reason: reasonIn(answers) };
  } catch (error) {
    if (!mayPass(error)) throw error;
    return { refused: records, reason: error };
  }
}

function reasonIn(answers: readonly JsonObject[]): unknown {
  const failed = answers.find(({ RecordId }) => RecordId === undefined);
  return failed && new ApiError(String(failed.ErrorCode), String(failed.ErrorMessage), 503);
}

/** The caller's mistakes stay mistakes; everything else may be different next time. */
function mayPass(error: unknown): boolean {
  if (error instanceof ConfigError) return false;
  return !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
}

function putRecordBatchBody(streamName: string, records: readonly Buffer[]): string {
  const entries = records.map((record) => `{"Data":"${record.toString('base64')}"}`);
  return `{"DeliveryStreamName":${JSON.stringify(streamName)},"Records":[${entries.join(',')}]}`;
}
