import type { Item, Outcome } from './item.ts';
import { jsonTexts } from './json-texts.ts';

/**
 * AWS: a record of more parts is treated as a single one.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-multirecord-deaggergation.html
 */
const PARTS_MOST = 500;

/** How a record is cut into parts: one of them a JSON object, or what stands between delimiters. */
export type SubRecords = { readonly type: 'JSON' } | { readonly type: 'DELIMITED'; readonly delimiter: Uint8Array };

/**
 * Firehose's RecordDeAggregation: a record of many becomes many. One that cannot be cut stays whole; when it is no JSON
 * the extraction of metadata says so.
 */
export function deAggregate(item: Item, how: SubRecords): Outcome {
  const parts =
    how.type === 'JSON' ? jsonTexts(item.data, PARTS_MOST) : delimited(item.data, how.delimiter, PARTS_MOST);
  if (parts === undefined) return [item];
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return [{ ...item, data: only }];
  return parts.map((data, part) => ({ ...item, source: { ...item.source, data }, part, data }));
}

/** What stands between the delimiters; undefined when there is more than `most`. Nothing after the last is no part. */
function delimited(data: Uint8Array, delimiter: Uint8Array, most: number): readonly Uint8Array[] | undefined {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const parts: Uint8Array[] = [];
  let from = 0;
  while (from < bytes.length) {
    const found = delimiter.length === 0 ? -1 : bytes.indexOf(delimiter, from);
    const end = found < 0 ? bytes.length : found;
    if (parts.length === most) return undefined;
    parts.push(bytes.subarray(from, end));
    from = end + delimiter.length;
    if (found < 0) break;
  }
  return parts;
}
