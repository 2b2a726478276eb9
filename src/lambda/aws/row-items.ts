import assert from 'node:assert';
import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { IndexedRow, NewRow, Row, RowKey } from '../services.ts';

/** A row as DynamoDB has it. */
export type Item = Record<string, AttributeValue>;

/**
 * The hash keys among which the index of what is due is spread: a partition of an index takes 1,000 writes a second,
 * and one that is too slow holds up the table. A batch is written there some ten times in its life, so this is for 800
 * batches a second. Each is a query of the sweep, once a minute.
 */
export const DUE_SHARDS = 8;

export const keyOf = ({ partition, name }: RowKey): Item => ({ partition: { S: partition }, name: { S: name } });

export function itemOf(row: NewRow, version: number): Item {
  const { records, bytes } = row;
  return {
    ...keyOf(row),
    ...restOf(row),
    version: { N: String(version) },
    ...(records !== undefined && { records: { N: String(records) } }),
    ...(bytes !== undefined && { bytes: { N: String(bytes) } }),
  };
}

/** What is neither key nor count. */
function restOf({ partition, name, open, dueAt, streamId, lane, expiresAt, body }: NewRow): Item {
  return {
    body: { S: body },
    ...(open !== undefined && { open: { S: open } }),
    ...(dueAt !== undefined && { dueAt: { N: String(dueAt) }, dueShard: { S: dueShard(`${partition} ${name}`) } }),
    ...(streamId !== undefined && { streamId: { S: streamId } }),
    ...(lane !== undefined && { lane: { S: lane } }),
    // In seconds, as DynamoDB wants it, and never early.
    ...(expiresAt !== undefined && { expiresAt: { N: String(Math.ceil(expiresAt / 1000)) } }),
  };
}

/** The same for a row each time, so that writing it again does not move it within the index. */
function dueShard(path: string): string {
  return String(createHash('sha256').update(path).digest().readUInt32BE() % DUE_SHARDS);
}

/** What UpdateItem takes to add to the counts and to set what is not set. */
export function addition(row: NewRow, { isDueAnew }: { readonly isDueAnew?: boolean } = {}) {
  const { records = 0, bytes = 0 } = row;
  const rest = restOf(row);
  const sets = Object.keys(rest).map((name) =>
    isDueAnew && name === 'dueAt' ? `#${name} = :${name}` : `#${name} = if_not_exists(#${name}, :${name})`,
  );
  const values: Item = {
    ...rest,
    records: { N: String(records) },
    bytes: { N: String(bytes) },
    version: { N: '1' },
  };
  return {
    Key: keyOf(row),
    ReturnValues: 'ALL_NEW' as const,
    UpdateExpression: `SET ${sets.join(', ')} ADD #records :records, #bytes :bytes, #version :version`,
    ExpressionAttributeNames: Object.fromEntries(Object.keys(values).map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(Object.entries(values).map(([name, value]) => [`:${name}`, value])),
  };
}

export function rowOf(item: Item): Row {
  const { open, streamId, records, bytes, expiresAt } = item;
  return {
    ...indexedOf(item),
    body: textOf(item.body),
    version: numberOf(item.version),
    ...(open && { open: textOf(open) }),
    ...(streamId && { streamId: textOf(streamId) }),
    ...(records && { records: numberOf(records) }),
    ...(bytes && { bytes: numberOf(bytes) }),
    ...(expiresAt && { expiresAt: numberOf(expiresAt) * 1000 }),
  };
}

export function indexedOf({ partition, name, dueAt, lane }: Item): IndexedRow {
  return {
    partition: textOf(partition),
    name: textOf(name),
    ...(dueAt && { dueAt: numberOf(dueAt) }),
    ...(lane && { lane: textOf(lane) }),
  };
}

function textOf(value: AttributeValue | undefined): string {
  assert(value?.S !== undefined, 'a row has what was written');
  return value.S;
}

function numberOf(value: AttributeValue | undefined): number {
  assert(value?.N !== undefined, 'a row has what was written');
  return Number(value.N);
}
