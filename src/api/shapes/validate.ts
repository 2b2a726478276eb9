import { ApiError } from '../../core/errors.ts';
import type { JsonValue } from '../../core/json.ts';
import { type Deserialized, deserialize, joinPath } from './deserialize.ts';
import type { ListShape, MapShape, Shape, StringShape, StructureShape, ValueOf } from './shape.ts';

/** A message lists no more faults than this, however many it counts: a request of a few MiB can hold millions. */
const FAULTS_LISTED = 1_000;

/**
 * No shape allows a longer string. Of a longer one the pattern is not asked, and is reported broken: some take time
 * that grows with the square of the length.
 */
const PATTERN_LONGEST = 10_240;

/**
 * The input as the shape's type, members that the shape does not have left out. Throws AWS's `SerializationException`
 * for the first wrong type, else its `ValidationException` with all faults in one message. Paths in it start with
 * `rootName`, or with the member when that is ''.
 */
export function validate<S extends Shape>(shape: S, input: JsonValue, rootName: string): ValueOf<S> {
  const value = deserialize(shape, input, rootName);
  const faults: Faults = { count: 0, listed: [] };
  findFaults(shape, value, rootName, faults);
  if (faults.count > 0) {
    const noun = faults.count === 1 ? 'error' : 'errors';
    throw new ApiError(
      'ValidationException',
      `${faults.count} validation ${noun} detected: ${faults.listed.join('; ')}`,
    );
  }
  return value as ValueOf<S>; // Types and limits are those of the shape now, which is what ValueOf says.
}

interface Faults {
  count: number;
  readonly listed: string[];
}

function report(faults: Faults, path: string, rule: string): void {
  faults.count++;
  if (faults.listed.length < FAULTS_LISTED)
    faults.listed.push(`Value at '${path}' failed to satisfy constraint: ${rule}`);
}

function findFaults(shape: Shape, value: Deserialized, path: string, faults: Faults): void {
  switch (shape.type) {
    case 'structure':
      findInStructure(shape, value as Readonly<Record<string, Deserialized>>, path, faults); // as deserialized
      break;
    case 'list':
      findInList(shape, value as readonly Deserialized[], path, faults); // as deserialized
      break;
    case 'map':
      findInMap(shape, value as Readonly<Record<string, string>>, path, faults); // as deserialized
      break;
    default:
      for (const rule of brokenRules(shape, value)) report(faults, path, rule);
  }
}

function findInStructure(
  shape: StructureShape,
  value: Readonly<Record<string, Deserialized>>,
  path: string,
  faults: Faults,
): void {
  for (const name of shape.order) {
    const memberPath = joinPath(path, name);
    if (Object.hasOwn(value, name))
      findFaults(shape.members[name]!, value[name]!, memberPath, faults); // order names members
    else if (shape.required.has(name)) report(faults, memberPath, NOT_NULL);
  }
}

function findInList(shape: ListShape, value: readonly Deserialized[], path: string, faults: Faults): void {
  for (const rule of brokenLengths(shape, value.length)) report(faults, path, rule);
  const { member } = shape;
  if (member.type === 'string') {
    if (!value.every((item) => isSound(member, item)))
      report(faults, path, `Member must satisfy constraint: ${allRules(member)}`);
    return;
  }
  for (const [i, item] of value.entries()) {
    if (item === null) report(faults, `${path}.${i + 1}.member`, NOT_NULL);
    else findFaults(member, item, `${path}.${i + 1}.member`, faults);
  }
}

function findInMap(shape: MapShape, value: Readonly<Record<string, string>>, path: string, faults: Faults): void {
  if (!Object.keys(value).every((key) => isSound(shape.key, key))) {
    report(faults, path, `Map keys must satisfy constraint: ${allRules(shape.key)}`);
  }
  if (!Object.values(value).every((item) => isSound(shape.value, item))) {
    report(faults, path, `Map value must satisfy constraint: ${allRules(shape.value)}`);
  }
}

const NOT_NULL = 'Member must not be null';

type ScalarShape = Exclude<Shape, { readonly type: 'structure' | 'list' | 'map' }>;

/**
 * In the order in which AWS was seen to report them: length before pattern; NaN breaks both limits, the upper one
 * first.
 */
function brokenRules(shape: ScalarShape, value: Deserialized): string[] {
  switch (shape.type) {
    case 'string':
      return brokenStringRules(shape, value as string); // as deserialized
    case 'enum':
      // as deserialized
      return shape.values.has(value as string) ? [] : [`Member must satisfy enum value set: [${shape.text}]`];
    case 'blob':
      return brokenLengths(shape, (value as Uint8Array).length); // as deserialized
    case 'boolean':
      return [];
    default:
      return brokenLimits(shape, value as number); // as deserialized
  }
}

function brokenStringRules(shape: StringShape, value: string): string[] {
  const matches = shape.pattern === undefined || (value.length <= PATTERN_LONGEST && shape.pattern.whole.test(value));
  const rules = brokenLengths(shape, value.length);
  return matches ? rules : [...rules, patternRule(shape.pattern!)]; // A pattern that does not match is there.
}

interface Limits {
  readonly min?: number;
  readonly max?: number;
}

function brokenLengths({ min, max }: Limits, length: number): string[] {
  if (max !== undefined && length > max) return [longestRule(max)];
  return min !== undefined && length < min ? [shortestRule(min)] : [];
}

function brokenLimits({ min, max }: Limits, value: number): string[] {
  const rules: string[] = [];
  if (max !== undefined && !(value <= max)) rules.push(`Member must have value less than or equal to ${max}`);
  if (min !== undefined && !(value >= min)) rules.push(`Member must have value greater than or equal to ${min}`);
  return rules;
}

function isSound(shape: StringShape, value: Deserialized): boolean {
  return typeof value === 'string' && brokenStringRules(shape, value).length === 0;
}

/** Strings in lists and maps are judged together, by all the rules at once. */
function allRules({ min, max, pattern }: StringShape): string {
  const rules: string[] = [];
  if (max !== undefined) rules.push(longestRule(max));
  if (min !== undefined) rules.push(shortestRule(min));
  if (pattern !== undefined) rules.push(patternRule(pattern));
  return `[${rules.join(', ')}]`;
}

function longestRule(max: number): string {
  return `Member must have length less than or equal to ${max}`;
}

function shortestRule(min: number): string {
  return `Member must have length greater than or equal to ${min}`;
}

function patternRule(pattern: { readonly text: string }): string {
  return `Member must satisfy regular expression pattern: ${pattern.text}`;
}
