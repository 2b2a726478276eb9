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
    const isAllUtf8 = isUtf8(block.data);
    let index = block.place;
    for (const record of eachRecord(block)) {
      const fault = faultIn(record, isAllUtf8);
      if (fault === undefined) events.push(record);
      else refuse({ index, code: 'Splunk.InvalidDataFormat', message: fault, retryable: false });
      index++;
    }
    if (events.length === block.lengths.length) yield block.data;
    else if (events.length > 0) yield Buffer.concat(events);
  }
}

function faultIn(record: Uint8Array, isKnownUtf8: boolean): string | undefined {
  const event = isKnownUtf8 || isUtf8(record) ? parsed(record) : undefined;
  if (!isJsonObject(event)) return 'The record is not one JSON object.';
  if (event.event === undefined || event.event === null) return 'The record has no member event.';
  return event.event === '' ? 'The member event of the record is empty.' : undefined;
}

/** As Latin-1, which is read twice as fast: no text is kept, and JSON's own characters are in ASCII. */
function parsed({ buffer, byteOffset, length }: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(buffer, byteOffset, length).toString('latin1'));
  } catch {
    return undefined; // which says enough
  }
}
