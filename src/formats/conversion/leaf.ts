import { type Dictionary, dictionary } from './dictionary.ts';
import { type GrowingBytes, growingBytes, putByte, putBytes, putInt32 } from './growing-bytes.ts';
import type { Physical } from './physical.ts';

/** Where a column of scalars stands in the schema. */
export interface LeafShape {
  /** Names from the table's column down. */
  readonly path: readonly string[];
  readonly physical: Physical;
  /** The definition level of a value that is there. */
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

/**
 * The values that the rows have in one column of scalars (a leaf of the schema), since the last page was closed:
 * Dremel's levels, and beside them the values that are there.
 *
 * A value is put in two steps: into `values` as Parquet's PLAIN encoding has it, or through `putText`, and then
 * `present` says that it is complete. Steps without the second are taken back by `rollback`.
 */
export interface Leaf {
  readonly shape: LeafShape;
  readonly values: GrowingBytes;
  readonly definitions: GrowingBytes;
  readonly repetitions: GrowingBytes;
  /** For types that bring their lengths. */
  readonly putText: (bytes: Uint8Array, start: number, end: number) => void;
  readonly present: (repetition: number) => void;
  /** Nothing is there, from the level `definition` on. */
  readonly absent: (definition: number, repetition: number) => void;
  /** A record begins: `rollback` comes back to here. */
  readonly mark: () => void;
  readonly rollback: () => void;
  /** The page is closed, the next one begins. */
  readonly clear: () => void;
  /** While it is there, `values` holds places in it, 32 bits each. It lives as long as the row group. */
  readonly dictionary: () => Dictionary | undefined;
  /** The open page's values, from here on, are as PLAIN has them. Not between `mark` and `rollback`. */
  readonly leaveDictionary: () => void;
  /** The row group is closed, the next one begins. */
  readonly startGroup: () => void;
}

/** Only values that bring their lengths are worth a dictionary: what numbers repeat, compression finds. */
export function leaf(shape: LeafShape, options: { readonly usesDictionary: boolean }): Leaf {
  const values = growingBytes();
  const definitions = growingBytes();
  const repetitions = growingBytes();
  const { maxDefinition, maxRepetition } = shape;
  const hasDictionary = options.usesDictionary && shape.physical.width === undefined;
  let places = hasDictionary ? dictionary() : undefined;
  const marked = { values: 0, levels: 0, entries: 0 };

  function putText(bytes: Uint8Array, start: number, end: number): void {
    if (places !== undefined) putInt32(values, places.placeOf(bytes, start, end));
    else {
      putInt32(values, end - start);
      putBytes(values, bytes, start, end);
    }
  }

  function levels(definition: number, repetition: number): void {
    putByte(definitions, definition);
    if (maxRepetition > 0) putByte(repetitions, repetition);
  }

  function leaveDictionary(): void {
    if (places === undefined) return;
    const plain = growingBytes();
    for (let at = 0; at < values.length; at += 4) places.putEntry(plain, values.room.readInt32LE(at));
    values.length = 0;
    putBytes(values, plain.room, 0, plain.length);
    places = undefined;
  }

  return {
    shape,
    values,
    definitions,
    repetitions,
    putText,
    present: (repetition) => levels(maxDefinition, repetition),
    absent: levels,
    mark: () => {
      marked.values = values.length;
      marked.levels = definitions.length;
      marked.entries = places?.size() ?? 0;
    },
    rollback: () => {
      values.length = marked.values;
      definitions.length = marked.levels;
      if (maxRepetition > 0) repetitions.length = marked.levels;
      places?.truncate(marked.entries);
    },
    clear: () => {
      values.length = 0;
      definitions.length = 0;
      repetitions.length = 0;
    },
    dictionary: () => places,
    leaveDictionary,
    startGroup: () => {
      places = hasDictionary ? dictionary() : undefined;
    },
  };
}
