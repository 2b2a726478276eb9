import type { HiveField, HiveType, ScalarType } from './hive-types.ts';
import { ARRAY, CELL, ESCAPED, NULL, OBJECT, STRING } from './json-tape.ts';
import { type Leaf, leaf } from './leaf.ts';
import { physical } from './physical.ts';
import { type Misfit, scalar } from './scalars.ts';
import { type Source, textOf } from './source.ts';

/**
 * Where values of one type go: a leaf, or the leaves of everything within. Each node of the schema knows the levels
 * (Dremel's) at which it stands, and every call puts one value, or the absence of one, into each leaf below it.
 */
export interface Field {
  /** The value of the tape's cell `at`, which may be null. */
  readonly put: (at: number, repetition: number) => Misfit;
  /** Nothing is there, from the level `definition` on. */
  readonly absent: (definition: number, repetition: number) => void;
}

export interface Place {
  readonly path: readonly string[];
  /** The levels of the nearest thing around that is there. */
  readonly definition: number;
  readonly repetition: number;
}

export interface FieldOptions {
  readonly source: Source;
  readonly usesDictionary: boolean;
  /** Every leaf that is made is added, in the order of the schema. */
  readonly leaves: Leaf[];
}

function field(type: HiveType, place: Place, options: FieldOptions): Field {
  switch (type.kind) {
    case 'struct':
      return struct(type.fields, { ...place, definition: place.definition + 1 }, options);
    case 'array':
      return array(type.element, place, options);
    case 'map':
      return map(type, place, options);
    default:
      return scalarField(type, place, { ...options, isRequired: false });
  }
}

/** A struct at its own level, or with level 0 the row itself, which is always there. */
export function struct(fields: readonly HiveField[], place: Place, options: FieldOptions): Field {
  const { source } = options;
  const { tape } = source;
  const names = source.keyNames(fields.map(({ name }) => name));
  const children = fields.map(({ name, type }) => field(type, { ...place, path: [...place.path, name] }, options));
  const isRow = place.definition === 0;
  /** The cell of each field's value; zero where there is none, for a value never comes first. */
  const found = new Int32Array(fields.length);

  function absent(definition: number, repetition: number): void {
    for (const child of children) child.absent(definition, repetition);
  }

  function put(at: number, repetition: number): Misfit {
    const kind = tape.cells[at];
    if (kind !== OBJECT) {
      if (kind !== NULL || isRow) return 'java.io.IOException: Start of Object expected';
      absent(place.definition - 1, repetition);
      return undefined;
    }
    names.find(source, at, found);
    for (let i = 0; i < children.length; i++) {
      const child = children[i]!; // i < length; one cell for each.
      const cell = found[i]!;
      if (cell === 0) child.absent(place.definition, repetition);
      else {
        const misfit = child.put(cell, repetition);
        if (misfit !== undefined) return isRow ? `${misfit} (column ${fields[i]?.name})` : misfit;
      }
    }
    return undefined;
  }

  return { put, absent };
}

/** Parquet's three levels: the list, its repeated entries, and in each an element that may be null. */
function array(type: HiveType, place: Place, options: FieldOptions): Field {
  const { source } = options;
  const { tape } = source;
  const { definition, repetition: depth } = place;
  const inner = { path: [...place.path, 'list', 'element'], definition: definition + 2, repetition: depth + 1 };
  const element = field(type, inner, options);

  function put(at: number, repetition: number): Misfit {
    const kind = tape.cells[at];
    if (kind === NULL) element.absent(definition, repetition);
    else if (kind !== ARRAY) return 'java.io.IOException: Start of Array expected';
    else {
      const end = tape.cells[at + 3]!; // Every cell has four numbers.
      if (at + CELL === end) element.absent(definition + 1, repetition);
      for (let next = at + CELL; next < end; next = tape.cells[next + 3]!) {
        const misfit = element.put(next, next === at + CELL ? repetition : depth + 1);
        if (misfit !== undefined) return misfit;
      }
    }
    return undefined;
  }

  return { put, absent: element.absent };
}

/** Entries with a key, which is required, and a value. A key that comes twice has its last value. */
function map(type: HiveType & { readonly kind: 'map' }, place: Place, options: FieldOptions): Field {
  const { source } = options;
  const { tape } = source;
  const { definition, repetition: depth } = place;
  const path = [...place.path, 'key_value'];
  const inner = { definition: definition + 2, repetition: depth + 1 };
  const keyLeaf = leafAt(type.key, { path: [...path, 'key'], ...inner }, { ...options, isRequired: true });
  // In JSON every key is text, so both deserializers read other types off it.
  const putKey = scalar(type.key, keyLeaf, { ...source.rules, isLenient: true });
  const value = field(type.value, { path: [...path, 'value'], ...inner }, options);

  function absent(at: number, repetition: number): void {
    keyLeaf.absent(at, repetition);
    value.absent(at, repetition);
  }

  function put(at: number, repetition: number): Misfit {
    const kind = tape.cells[at];
    if (kind === NULL) absent(definition, repetition);
    else if (kind !== OBJECT) return 'java.io.IOException: Start of Object expected';
    else return putEntries(at, repetition);
    return undefined;
  }

  function putEntries(at: number, repetition: number): Misfit {
    const entries = new Map<string, number>();
    const end = tape.cells[at + 3]!; // Every cell has four numbers.
    for (let key = at + CELL; key < end; key = tape.cells[key + CELL + 3]!) {
      entries.set(source.mapKey(textOf(source, key)), key + CELL);
    }
    if (entries.size === 0) absent(definition + 1, repetition);
    const kept = new Set<string>();
    let next = repetition;
    for (const [key, cell] of entries) {
      const bytes = Buffer.from(key);
      const from = keyLeaf.values.length;
      const misfit = putKey(STRING, bytes, 0, bytes.length) ?? value.put(cell, next);
      if (misfit !== undefined) return misfit;
      keyLeaf.present(next);
      // Texts that differ may be one key: 1 and 01, or what CHAR(1) leaves of both.
      kept.add(keyLeaf.values.room.toString('latin1', from, keyLeaf.values.length));
      next = depth + 1;
    }
    return kept.size === entries.size ? undefined : 'two keys of a map are the same value of its type';
  }

  return { put, absent };
}

function scalarField(type: ScalarType, place: Place, options: LeafOptions): Field {
  const { source } = options;
  const { tape } = source;
  const target = leafAt(type, place, options);
  const putScalar = scalar(type, target, source.rules);

  function put(at: number, repetition: number): Misfit {
    const { cells } = tape;
    const kind = cells[at]!; // Every cell has four numbers.
    if (kind === NULL) {
      target.absent(place.definition, repetition);
      return undefined;
    }
    let misfit: Misfit;
    if (kind === ESCAPED) {
      const plain = source.unescaped(source.bytes, cells[at + 1]!, cells[at + 2]!);
      misfit = putScalar(kind, plain, 0, plain.length);
    } else misfit = putScalar(kind, source.bytes, cells[at + 1]!, cells[at + 2]!);
    if (misfit === undefined) target.present(repetition);
    return misfit;
  }

  return { put, absent: target.absent };
}

interface LeafOptions extends FieldOptions {
  readonly isRequired: boolean;
}

function leafAt(type: ScalarType, place: Place, options: LeafOptions): Leaf {
  const made = leaf(
    {
      path: place.path,
      physical: physical(type),
      maxDefinition: place.definition + (options.isRequired ? 0 : 1),
      maxRepetition: place.repetition,
    },
    options,
  );
  options.leaves.push(made);
  return made;
}
