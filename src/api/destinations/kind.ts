import type { JsonObject } from '../../core/json.ts';
import type { StructureShape, ValueOf } from '../shapes/index.ts';

/**
 * What the API knows of one kind of destination. Configurations given to `complete` and `check` satisfy the
 * configuration's shape.
 */
export interface DestinationRules {
  readonly configuration: StructureShape;
  readonly update: StructureShape;
  /** Fills in every default that Describe shows. Of a completed configuration it makes the same. */
  readonly complete: (config: JsonObject) => JsonObject;
  /** Throws AWS's error for the first rule that a completed configuration breaks. */
  readonly check: (config: JsonObject, scope: Scope) => void;
}

export interface Scope {
  /** The stream's region. */
  readonly region: string;
}

/** The rules of a kind, written against the type that its shape describes. */
export function destinationRules<S extends StructureShape>(rules: {
  readonly configuration: S;
  readonly update: StructureShape;
  readonly complete: (config: ValueOf<S>) => JsonObject;
  readonly check: (config: ValueOf<S>, scope: Scope) => void;
}): DestinationRules {
  // The callers keep the promise above, so what comes in has the shape's type.
  return {
    configuration: rules.configuration,
    update: rules.update,
    complete: (config) => rules.complete(config as ValueOf<S>),
    check: (config, scope) => rules.check(config as ValueOf<S>, scope),
  };
}
