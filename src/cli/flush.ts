import { isJsonObject } from '../core/json.ts';
import { counted } from './amounts.ts';
import { client } from './client.ts';

export interface FlushOptions {
  /** Absent: all streams. */
  readonly streamName?: string;
  readonly endpoint: string;
}

/**
 * Has a running Hydrant deliver what it has buffered. Resolves with the exit code: 0 when all was delivered, 1 when
 * some is to be tried again.
 */
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
    const attempts = Number(batches);
    const outcome = `Delivered ${counted(Number(records), 'record')} in ${counted(attempts, 'attempt')}.`;
    process.stdout.write(attempts === 0 ? 'Nothing is buffered.\n' : `${outcome}\n`);
    return failures.length > 0 ? 1 : 0;
  } finally {
    service.close();
  }
}
