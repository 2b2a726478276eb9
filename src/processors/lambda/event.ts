import { tooLarge } from './halves.ts';
import type { TransformBatch } from './transform.ts';

/** Lambda's limit for the payload of a synchronous invocation: 6 MB. */
const PAYLOAD_BYTES_MOST = 6_291_456;

/**
 * The event that the function gets: Firehose's members, in Firehose's order, as the bytes of its JSON. Throws
 * `tooLarge` before it takes the memory.
 *
 * Made by hand, because nearly all of it is base64, which needs no escaping: the size is known beforehand, and each
 * record is written into its place.
 */
export function eventOf({ stream, records }: TransformBatch, invocationId: string): Uint8Array<ArrayBuffer> {
  const members = { invocationId, ...stream.members, deliveryStreamArn: stream.arn, region: stream.region };
  const head = `${JSON.stringify(members).slice(0, -1)},"records":[`;
  const tail = ']}';
  const starts = records.map(
    ({ id, arrivedAt }, i) =>
      `${i === 0 ? '' : ','}{"recordId":${JSON.stringify(id)},"approximateArrivalTimestamp":${arrivedAt},"${stream.dataMember}":"`,
  );

  const ends = records.map((record) => `"${record.members ? `,${JSON.stringify(record.members).slice(1, -1)}` : ''}}`);

  let bytes = Buffer.byteLength(head) + tail.length;
  for (const text of [...starts, ...ends]) bytes += Buffer.byteLength(text);
  for (const { data } of records) bytes += Math.ceil(data.length / 3) * 4;
  if (bytes > PAYLOAD_BYTES_MOST) throw tooLarge('request');

  // Memory of its own, not of the pool that small buffers share: whoever invokes the function may transfer it.
  const event = Buffer.from(new ArrayBuffer(bytes));
  let at = event.write(head);
  for (const [i, { data }] of records.entries()) {
    at += event.write(starts[i]!, at); // one for each record
    const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    at += event.write(base64, at, 'latin1');
    at += event.write(ends[i]!, at); // one for each record
  }
  event.write(tail, at, 'latin1');
  return event;
}
