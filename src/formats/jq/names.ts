import type { Env, Filter } from './filter.ts';

/** What is in scope at a place in a query, innermost first: one entry for each entry of the Env there. */
export interface Names {
  readonly entry: Name;
  readonly up: Names | undefined;
}

export type Name =
  | { readonly is: 'variable' | 'label' | 'parameter'; readonly name: string }
  | { readonly is: 'function'; readonly name: string; readonly arity: number; readonly code: Code };

/** A function's body; not there yet while the body itself is compiled. */
export interface Code {
  filter: Filter | undefined;
}

export interface Found {
  readonly entry: Name;
  /** How many entries further out. */
  readonly hops: number;
}

export function findName(names: Names | undefined, is: Name['is'], name: string): Found | undefined {
  return find(names, (entry) => entry.is === is && entry.name === name);
}

/** What a call means: a function of that arity, or a parameter. */
export function findCallable(names: Names | undefined, name: string, arity: number): Found | undefined {
  return find(
    names,
    (entry) =>
      entry.name === name &&
      ((entry.is === 'function' && entry.arity === arity) || (entry.is === 'parameter' && arity === 0)),
  );
}

function find(names: Names | undefined, isMeant: (entry: Name) => boolean): Found | undefined {
  let hops = 0;
  for (let each = names; each !== undefined; each = each.up) {
    if (isMeant(each.entry)) return { entry: each.entry, hops };
    hops++;
  }
  return undefined;
}

/** The entry so many further out. */
export function entryAt(env: Env | undefined, hops: number): Env {
  let entry = env!; // The compiler found the name.
  for (let i = 0; i < hops; i++) entry = entry.up!;
  return entry;
}
