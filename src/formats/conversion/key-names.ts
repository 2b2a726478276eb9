import type { InputFormat } from './format-options.ts';
import { CELL, ESCAPED } from './json-tape.ts';
import { type KeyNames, type Source, textOf } from './source.ts';

/** How keys are changed before they are matched. Hive's catalogue has only lower-case names, and so its reader. */
export function keyForm(input: InputFormat): (key: string) => string {
  if (input.kind === 'hive') return (key) => key.toLowerCase();
  const { isCaseInsensitive, convertsDots } = input;
  return (key) => {
    const undotted = convertsDots ? key.replaceAll('.', '_') : key;
    return isCaseInsensitive ? undotted.toLowerCase() : undotted;
  };
}

/** Keys of objects that look alike are remembered by their place; of longer ones every key is looked up. */
const REMEMBERED_MOST = 512;
const REMEMBERED_BYTES_MOST = 256;

/** A key of no field. */
const NOBODY = -1;

interface Remembered {
  readonly bytes: Buffer;
  readonly field: number;
}

/**
 * Matches keys to the columns of a table, or fields of a struct. Records of one stream nearly always have the same keys
 * in the same order, so the key at each place is compared with the last object's there before it is looked up.
 */
export function keyNames(columns: readonly string[], input: InputFormat): KeyNames {
  const formOf = keyForm(input);
  const mappings = new Map(
    Object.entries(input.kind === 'openx' ? input.keyOf : {}).map(([column, key]) => [column.toLowerCase(), key]),
  );
  const fields = new Map<string, number>();
  /** Fields that read the same key as an earlier one. */
  const twins: (readonly [field: number, first: number])[] = [];
  for (const [i, column] of columns.entries()) {
    const key = formOf(mappings.get(column.toLowerCase()) ?? column);
    const first = fields.get(key);
    if (first === undefined) fields.set(key, i);
    else twins.push([i, first]);
  }
  const remembered: Remembered[] = [];

  function fieldOf(source: Source, key: number, place: number): number {
    const { tape, bytes } = source;
    const start = tape.cells[key + 1]!; // Every cell has four numbers.
    const end = tape.cells[key + 2]!;
    const last = remembered[place];
    if (last !== undefined && isSame(last.bytes, bytes, start, end)) return last.field;
    const field = fields.get(formOf(textOf(source, key))) ?? NOBODY;
    // What was compared is the text as it stands there, so escapes in it do not matter.
    const isWorthIt = place <= remembered.length && place < REMEMBERED_MOST && end - start <= REMEMBERED_BYTES_MOST;
    if (isWorthIt && tape.cells[key] !== ESCAPED) {
      remembered[place] = { bytes: Buffer.from(bytes.subarray(start, end)), field };
    }
    return field;
  }

  function find(source: Source, at: number, found: Int32Array): void {
    found.fill(0);
    const { cells } = source.tape;
    const end = cells[at + 3]!; // Every cell has four numbers.
    let place = 0;
    for (let key = at + CELL; key < end; key = cells[key + CELL + 3]!) {
      const field = fieldOf(source, key, place++);
      if (field !== NOBODY) found[field] = key + CELL;
    }
    for (const [field, first] of twins) found[field] = found[first]!; // Both are fields.
  }

  return { find };
}

function isSame(known: Buffer, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
