import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { TableSchema } from '../src/lambda/aws/tables.ts';

/**
 * What DynamoDB bills, by its own rules, since no emulator counts what is written to indexes.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html
 */
export type Item = Readonly<Record<string, AttributeValue>>;

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

/** Of a write that turns one item into the other; either may be none. A write that changes nothing costs as one. */
export function writeUnits(schema: TableSchema, before: Item | undefined, after: Item | undefined): number {
  const own = unitsOf(Math.max(sizeOf(before), sizeOf(after)));
  return own + indexesOf(schema).reduce((sum, index) => sum + indexWriteUnits(index, before, after), 0);
}

/** Of a read of one item, or of a page of a query, that reads so many bytes. */
export function readUnits(bytes: number, isConsistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES)) * (isConsistent ? 1 : 0.5);
}

/**
 * Of a page of a query. Where it asks an index that holds keys alone for all attributes, each item is fetched from the
 * table besides.
 */
export function queryUnits(schema: TableSchema, items: readonly Item[], query: AskedIndex): number {
  const { indexName, isConsistent, isForAll } = query;
  const index = indexesOf(schema).find(({ name }) => name === indexName);
  const inIndex = (item: Item): Item | undefined => (index === undefined ? item : projected(index, item));
  const page = readUnits(
    items.reduce((sum, item) => sum + sizeOf(inIndex(item)), 0),
    isConsistent,
  );
  if (!isForAll) return page;
  return items.reduce((sum, item) => sum + readUnits(sizeOf(item), isConsistent), page);
}

export interface AskedIndex {
  readonly indexName?: string | undefined;
  readonly isConsistent: boolean;
  readonly isForAll: boolean;
}

interface Index {
  readonly name: string | undefined;
  readonly keys: readonly string[];
  /** What it holds, its keys among them. */
  readonly attributes: readonly string[];
}

function indexesOf({ KeySchema, LocalSecondaryIndexes = [], GlobalSecondaryIndexes = [] }: TableSchema) {
  const namesIn = (keys: typeof KeySchema = []): string[] => keys.map(({ AttributeName = '' }) => AttributeName);
  return [...LocalSecondaryIndexes, ...GlobalSecondaryIndexes].map((index): Index => {
    const keys = namesIn(index.KeySchema);
    const attributes = [...namesIn(KeySchema), ...keys, ...(index.Projection?.NonKeyAttributes ?? [])];
    return { name: index.IndexName, keys, attributes };
  });
}

/** Nothing when what the index holds stays as it is; an entry that changes its place is removed and put. */
function indexWriteUnits(index: Index, before: Item | undefined, after: Item | undefined): number {
  const [old, next] = [projected(index, before), projected(index, after)];
  if (old === undefined || next === undefined) return old === next ? 0 : unitsOf(sizeOf(old ?? next));
  if (index.keys.some((key) => !isSame(old[key], next[key]))) return unitsOf(sizeOf(old)) + unitsOf(sizeOf(next));
  const isAsItWas = index.attributes.every((name) => isSame(old[name], next[name]));
  return isAsItWas ? 0 : unitsOf(Math.max(sizeOf(old), sizeOf(next)));
}

/** Undefined when the item is not in the index. */
function projected({ keys, attributes }: Index, item: Item | undefined): Item | undefined {
  if (item === undefined || keys.some((key) => item[key] === undefined)) return undefined;
  return Object.fromEntries(Object.entries(item).filter(([name]) => attributes.includes(name)));
}

const isSame = (one: AttributeValue | undefined, other: AttributeValue | undefined): boolean =>
  one?.S === other?.S && one?.N === other?.N;

const unitsOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES));

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export function sizeOf(item: Item | undefined): number {
  return Object.entries(item ?? {}).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + bytesOf(value), 0);
}

function bytesOf({ S, N }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return Math.ceil(N.length / 2) + 1;
  throw new Error('Tables of ours hold texts and numbers alone.');
}
