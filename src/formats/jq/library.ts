import { call } from './call.ts';
import { pipe } from './combine.ts';
import { compiler, type Library } from './compile.ts';
import { jqFault } from './fault.ts';
import { type Filter, lifted } from './filter.ts';
import { filterFunction } from './library-filters.ts';
import { regexFunction } from './library-regex.ts';
import { valueFunction } from './library-values.ts';
import { mathFunction } from './math.ts';
import type { Code } from './names.ts';
import { parseDefinitions } from './parse.ts';
import { PRELUDE } from './prelude.ts';
import { refusalOf } from './refused.ts';
import type { Definition } from './syntax.ts';

/** Everything a query may call. Faults of refused names say where in the query they stand. */
export function libraryFor(query: string): Library {
  return {
    find(name, args, at) {
      const found = builtIn(name, args);
      if (found !== undefined) return found;
      const refusal = refusalOf(name);
      if (refusal !== undefined) throw jqFault(refusal, query, at);
      return undefined;
    },
  };
}

function builtIn(name: string, args: readonly Filter[]): Filter | undefined {
  const apply = valueFunction(name, args.length) ?? mathFunction(name, args.length);
  if (apply !== undefined) return lifted(apply, args);
  return filterFunction(name, args) ?? regexFunction(name, args) ?? withEntries(name, args) ?? fromPrelude(name, args);
}

function withEntries(name: string, [f, ...others]: readonly Filter[]): Filter | undefined {
  if (name !== 'with_entries' || f === undefined || others.length > 0) return undefined;
  const [entries, mapped, back] = [builtIn('to_entries', []), builtIn('map', [f]), builtIn('from_entries', [])];
  return entries && mapped && back && pipe(pipe(entries, mapped), back);
}

/** The functions written in jq, each compiled when a query first asks for it. */
function fromPrelude(name: string, args: readonly Filter[]): Filter | undefined {
  const key = `${name}/${args.length}`;
  const definition = definitions().get(key);
  if (definition === undefined) return undefined;
  let code = compiled.get(key);
  if (code === undefined) {
    code = { filter: undefined };
    compiled.set(key, code);
    const inner = compiler(PRELUDE, { find: builtIn }).define(definition, undefined);
    code.filter = inner.entry.is === 'function' ? inner.entry.code.filter : undefined;
  }
  return call(code, undefined, args);
}

const compiled = new Map<string, Code>();

let parsed: ReadonlyMap<string, Definition> | undefined;

function definitions(): ReadonlyMap<string, Definition> {
  parsed ??= new Map(parseDefinitions(PRELUDE).map((each) => [`${each.name}/${each.params.length}`, each]));
  return parsed;
}
