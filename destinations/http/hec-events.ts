import { isUtf8 } from 'node:buffer';
import type { Slice } from '../../src/core/destination.ts';
import { isJsonObject } from '../../src/core/json.ts';
import { eachRecord } from '../../src/core/records.ts';
import type { RefusedRecord } from '../../src/core/refusals.ts';

/**
 * The records that are events as Splunk's event endpoint takes them, back to back. One that is none would have the
 * whole request refused, so it is told of and left out.
 */
export async function* eventsOf(slice: Slice, refuse: (record: RefusedRecord) => void): AsyncGenerator<Uint8Array> {
  for await (const block of slice.read()) {
    const events: Uint8Array[] = [];
    for (const [i, record] of [...eachRecord(block)].entries()) {
      const fault = faultIn(record);
      if (fault === undefined) events.push(record);
      else {
        refuse({ index: block.place + i, code: 'Splunk.InvalidDataFormat', message: fault, retryable: false });
      }
    }
    if (events.length > 0) yield Buffer.concat(events);
  }
}

function faultIn(record: Uint8Array): string | undefined {
  const event = parsed(record);
  if (!isJsonObject(event)) return 'The record is not one JSON object.';
  if (event.event === undefined || event.event === null) return 'The record has no member event.';
  return event.event === '' ? 'The member event of the record is empty.' : undefined;
}

function parsed(record: Uint8Array): unknown {
  if (!isUtf8(record)) return undefined;
  try {
    return JSON.parse(Buffer.from(record).toString());
  } catch {
    return undefined; // which says enough
  }
}
