import { isJsonObject } from '../core/json.ts';
import { count } from './amounts.ts';
import { client } from './client.ts';

export interface FlushOptions {
  /** Absent: all streams. */
  readonly streamName?: string;
  readonly endpoint: string;
}

/** Has a running Hydrant deliver what it has buffered. Resolves with the exit code: 0 when all was delivered, 1 when some is to be tried again. */
export async function runFlush({ streamName, endpoint }: FlushOptions): Promise<number> {
  const service = client(endpoint);
  try {
    const input = streamName === undefined ? {} : { DeliveryStreamName: streamName };
    const headers = { 'content-type': 'application/json' };
    const { batches, records, postponed } = await service.post('/_hydrant/flush', headers, JSON.stringify(input));
    const failures = Array.isArray(postponed) ? postponed.filter(isJsonObject) : [];
    for (const { DeliveryStreamName, code, message } of failures) {
      process.stderr.write(`${DeliveryStreamName}: not delivered yet (${code}): ${message}\n`);
    }
    process.stdout.write(`Delivered ${count(Number(records))} records; ${count(Number(batches))} batches attempted.\n`);
    return failures.length > 0 ? 1 : 0;
  } finally {
    service.close();
  }
}
