import { CELL, ESCAPED, type JsonTape } from './json-tape.ts';
import type { ScalarRules } from './scalars.ts';

/** The record that is being converted, and how. */
export interface Source {
  /** Its text, in the bytes of its block. */
  bytes: Buffer;
  readonly tape: JsonTape;
  readonly unescaped: (bytes: Uint8Array, start: number, end: number) => Buffer;
  readonly rules: ScalarRules;
  readonly keyNames: (columns: readonly string[]) => KeyNames;
  /** A key of a map as it is kept. */
  readonly mapKey: (key: string) => string;
}

/** Finds the fields of one struct in objects. */
export interface KeyNames {
  /**
   * Writes into `found` the cell of each field's value in the object at `at`, or zero. Of a key that comes twice the
   * last counts, as in both deserializers.
   */
  readonly find: (source: Source, at: number, found: Int32Array) => void;
}

/** The text of a string's cell. */
export function textOf({ tape, bytes, unescaped }: Source, at: number): string {
  const [kind, start = 0, end = 0] = tape.cells.subarray(at, at + CELL);
  return kind === ESCAPED ? unescaped(bytes, start, end).toString() : bytes.toString('utf8', start, end);
}
