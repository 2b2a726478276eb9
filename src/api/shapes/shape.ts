import { enumOrder, hashMapOrder } from './java-order.ts';

/**
 * The notation in which the API's inputs are written down: the names, types, patterns and limits of Firehose's service
 * model, as data. `validate` reads it at run time and `ValueOf` at compile time, so that an operation gets an input
 * that is what its type says.
 */
export type Shape =
  | StringShape
  | EnumShape
  | NumberShape
  | BooleanShape
  | BlobShape
  | ListShape
  | MapShape
  | StructureShape;

export interface StringShape {
  readonly type: 'string';
  /** In UTF-16 units, as Java counts. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: Pattern;
}

export interface Pattern {
  /** As AWS prints it. */
  readonly text: string;
  /** Matches whole strings only, as Java's `matches` does. */
  readonly whole: RegExp;
}

export interface EnumShape<V extends string = string> {
  readonly type: 'enum';
  readonly values: ReadonlySet<V>;
  /** In the order in which AWS lists them. */
  readonly text: string;
}

/** `timestamp` is seconds since the epoch, a fraction allowed. */
export interface NumberShape {
  readonly type: 'integer' | 'double' | 'timestamp';
  readonly min?: number;
  readonly max?: number;
}

export interface BooleanShape {
  readonly type: 'boolean';
}

/** Base64 on the wire, bytes inside; limits count decoded bytes. */
export interface BlobShape {
  readonly type: 'blob';
  readonly min?: number;
  readonly max?: number;
}

export interface ListShape<M extends Shape = Shape> {
  readonly type: 'list';
  readonly member: M;
  readonly min?: number;
  readonly max?: number;
}

export interface MapShape {
  readonly type: 'map';
  readonly key: StringShape;
  readonly value: StringShape;
}

export type Members = Readonly<Record<string, Shape>>;

export interface StructureShape<M extends Members = Members, R extends string = string> {
  readonly type: 'structure';
  readonly members: M;
  readonly required: ReadonlySet<R>;
  /** Member names in the order in which AWS reports their faults. */
  readonly order: readonly string[];
  /** Refuses members it does not have; AWS's own structures ignore them. */
  readonly isStrict?: boolean;
}

/** The type of a validated value of the shape. */
export type ValueOf<S extends Shape> =
  S extends StructureShape<infer M, infer R>
    ? { readonly [K in keyof M as K extends R ? K : never]: ValueOf<M[K]> } & {
        readonly [K in keyof M as K extends R ? never : K]?: ValueOf<M[K]>;
      }
    : S extends EnumShape<infer V>
      ? V
      : S extends ListShape<infer M>
        ? readonly ValueOf<M>[]
        : S extends StringShape
          ? string
          : S extends NumberShape
            ? number
            : S extends BooleanShape
              ? boolean
              : S extends BlobShape
                ? Uint8Array
                : Readonly<Record<string, string>>;

/** `pattern` is the service model's text, which is what AWS prints; `printed` where AWS was seen to print another. */
export function string(
  limits: { readonly min?: number; readonly max?: number; readonly pattern?: string; readonly printed?: string } = {},
): StringShape {
  const { pattern, printed, ...lengths } = limits;
  if (pattern === undefined) return { type: 'string', ...lengths };
  return { type: 'string', ...lengths, pattern: { text: printed ?? pattern, whole: javaPattern(pattern) } };
}

/** Java's white space is ASCII: AWS was seen to take an ideographic space where `\s` may not match. */
function javaPattern(pattern: string): RegExp {
  const source = pattern.replaceAll('\\s', '[ \\t-\\r]').replaceAll('\\S', '[^ \\t-\\r]');
  // Unicode mode only where the pattern needs it: it refuses escapes such as `\_` that Java allows.
  return new RegExp(`^(?:${source})$`, pattern.includes('\\p{') ? 'u' : '');
}

/** Values in the service model's order; faults list them in AWS's. */
export function oneOf<const V extends string>(...values: readonly V[]): EnumShape<V> {
  return { type: 'enum', values: new Set(values), text: enumOrder(values).join(', ') };
}

export function integer(limits: { readonly min?: number; readonly max?: number } = {}): NumberShape {
  return { type: 'integer', ...limits };
}

export function double(limits: { readonly min?: number; readonly max?: number } = {}): NumberShape {
  return { type: 'double', ...limits };
}

export const timestamp: NumberShape = { type: 'timestamp' };

export const boolean: BooleanShape = { type: 'boolean' };

export function blob(limits: { readonly min?: number; readonly max?: number } = {}): BlobShape {
  return { type: 'blob', ...limits };
}

export function list<M extends Shape>(
  member: M,
  limits: { readonly min?: number; readonly max?: number } = {},
): ListShape<M> {
  return { type: 'list', member, ...limits };
}

export function map(key: StringShape, value: StringShape): MapShape {
  return { type: 'map', key, value };
}

/**
 * Members in the service model's order, because the order of faults depends on it. Members that are not `required` may
 * be absent.
 */
export function structure<M extends Members, const R extends keyof M & string = never>(
  members: M,
  required: readonly R[] = [],
): StructureShape<M, R> {
  return { type: 'structure', members, required: new Set(required), order: faultOrder(Object.keys(members)) };
}

/** A structure of ours, without required members, in which a member that it does not have is a fault. */
export function strictStructure<M extends Members>(members: M): StructureShape<M, never> {
  return { ...structure(members), isStrict: true };
}

function faultOrder(members: readonly string[]): readonly string[] {
  const memberOf = new Map(members.map((name) => [pathName(name), name]));
  return hashMapOrder([...memberOf.keys()]).map((name) => memberOf.get(name)!); // The keys are the map's own.
}

/** How a member is called in a fault's path: `BucketARN` is `bucketARN`. */
export function pathName(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}
