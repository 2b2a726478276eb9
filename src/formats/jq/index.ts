import type { JsonValue } from '../../core/json.ts';
import { compiler, constantKeys } from './compile.ts';
import { jqFault } from './fault.ts';
import { collected } from './filter.ts';
import { libraryFor } from './library.ts';
import { isExceeded, isRaised, startMeter, tooDeep } from './meter.ts';
import { parseQuery } from './parse.ts';
import { jqText as textOf } from './text.ts';

export { isJqFault, type JqFault } from './fault.ts';

/**
 * Queries of jq 1.6, the language of MetadataExtraction's `JQ-1.6`.
 *
 * A query is parsed by jq's grammar and compiled to closures that hand each output to a callback: backtracking is
 * returning. Where a part of a query always has exactly one output it is a plain function instead, which is what makes
 * the common queries fast. The record is shared by all that is made from it and never changed. Errors are worded as jq
 * words them, cut as jq cuts them.
 *
 * It is held to jq 1.6 byte for byte by tests; what is known to differ:
 * - Members whose names look like array indexes come first in an object, in JavaScript as in JSON.parse.
 * - jq's limits of nesting are 256 for reading and printing, and none for calls: here DEPTH_MOST in meter.ts.
 * - `error(null)` gives no output in both, but messages of values that are not text begin `(not a string): `.
 * - What `path()` accepts after a function that makes an equal number or text anew.
 * - Regular expressions: see regex-translate.ts.
 */
export interface JqProgram {
  /** The keys of the objects it makes, when it is one object constructor with constant keys; undefined otherwise. */
  readonly outputKeys: readonly string[] | undefined;
  /**
   * All outputs for one input, or the error jq would print after `jq: error (at …): `. Never throws. Steps and bytes
   * are counted, and going over the limits in meter.ts is an error of that input; only a regular expression that
   * backtracks catastrophically can take longer, and ends with a watchdog around the thread.
   */
  run(input: JsonValue): JqOutcome;
}

export type JqOutcome = { readonly outputs: readonly JsonValue[] } | { readonly error: string };

/** Throws a JqFault that says where and what: a syntax error, or by name what this engine does not know. */
export function compileJq(query: string): JqProgram {
  const { tree, filter } = compiledTree(query);
  const keys = constantKeys(tree);
  return {
    outputKeys: keys !== undefined && keys.length > 0 ? keys : undefined,
    run(input) {
      startMeter();
      try {
        return { outputs: collected(filter, input, undefined) };
      } catch (thrown) {
        startMeter();
        return { error: messageOf(thrown) };
      }
    },
  };
}

/** A chain of thousands of operators nests as deep as brackets do, and is found out by the stack. */
function compiledTree(query: string) {
  try {
    const tree = parseQuery(query);
    return { tree, filter: compiler(query, libraryFor(query)).compile(tree, undefined) };
  } catch (thrown) {
    if (thrown instanceof RangeError) throw jqFault('the query is nested too deep', query, 0);
    throw thrown;
  }
}

function messageOf(thrown: unknown): string {
  if (isRaised(thrown)) return typeof thrown.value === 'string' ? thrown.value : textOfError(thrown.value);
  if (isExceeded(thrown)) return thrown.message;
  // The stack or a text's greatest length: the backstop behind the limits that are counted.
  if (thrown instanceof RangeError) return tooDeep();
  throw thrown;
}

function textOfError(value: JsonValue): string {
  try {
    return `(not a string): ${textOf(value)}`;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/**
 * jq's own text of a value: what `tojson` gives. Like JSON.stringify but for numbers (1e1000 is
 * 1.7976931348623157e+308, -0 is -0), U+007F, and what is nested deeper than 256. Throws when it would go over the
 * limit of bytes, which takes a value that holds the same part many times over.
 */
export function jqText(value: JsonValue): string {
  startMeter();
  try {
    return textOf(value);
  } catch (thrown) {
    throw new Error(messageOf(thrown), { cause: thrown });
  }
}
