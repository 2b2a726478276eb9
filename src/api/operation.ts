import type { JsonObject } from '../core/json.ts';
import type { ApiContext } from './context.ts';
import { type StructureShape, type ValueOf, validate } from './shapes/index.ts';

/**
 * An operation of the API: its parsed body in, its answer out. Throws `ApiError` for everything that is the caller's
 * doing.
 */
export type Operation = (context: ApiContext, input: JsonObject, region: string) => Promise<JsonObject>;

/**
 * An operation that reads the body itself, because speed counts: it answers with the JSON text of its output. Before it
 * says anything of the stream that the body names it calls `authorize`, which throws when the caller may not.
 */
export type RawOperation = (context: ApiContext, body: Uint8Array, authorize: Authorize) => Promise<string>;

export type Authorize = (streamName: string) => void;

/** An operation from its input's shape and what it does with an input that satisfies it. `region` is the caller's. */
export function operation<S extends StructureShape>(
  shape: S,
  run: (context: ApiContext, input: ValueOf<S>, region: string) => Promise<JsonObject>,
): Operation {
  return async (context, input, region) => run(context, validate(shape, input, ''), region);
}
