import { ApiError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { type MapShape, pathName, type Shape, type StructureShape } from './shape.ts';

/**
 * A validated value before its limits were checked: what JSON gave, with blobs decoded and members that the shape does
 * not have left out.
 */
export type Deserialized =
  | JsonValue
  | Uint8Array
  | readonly Deserialized[]
  | { readonly [member: string]: Deserialized };

/** AWS keeps integers in Java's. */
const INTEGER_LARGEST = 2 ** 31 - 1;

/**
 * Checks types, and nothing else: AWS answers the first wrong type with a SerializationException before it looks at any
 * limit. Null is the same as absent, except in a list, where it stays for the limits to refuse.
 */
export function deserialize(shape: Shape, input: JsonValue, path: string): Deserialized {
  switch (shape.type) {
    case 'string':
    case 'enum':
      return typeof input === 'string' ? input : mismatch(input, 'String', path);
    case 'integer':
      return isInteger(input) ? input : mismatch(input, 'Integer', path);
    case 'double':
      return toDouble(input) ?? mismatch(input, 'Double', path);
    case 'timestamp':
      // JSON.parse makes infinity of a number that is too large.
      return Number.isFinite(input) ? input : mismatch(input, 'Timestamp', path);
    case 'boolean':
      return typeof input === 'boolean' ? input : mismatch(input, 'Boolean', path);
    case 'blob':
      return typeof input === 'string' ? decodeBase64(input, path) : mismatch(input, 'Blob', path);
    case 'list':
      if (!Array.isArray(input)) return mismatch(input, 'List', path);
      return input.map((item: JsonValue, i) =>
        item === null ? null : deserialize(shape.member, item, `${path}.${i + 1}.member`),
      );
    case 'map':
      return isJsonObject(input) ? deserializeMap(shape, input, path) : mismatch(input, 'Map', path);
    case 'structure':
      return isJsonObject(input) ? deserializeStructure(shape, input, path) : mismatch(input, 'Structure', path);
  }
}

function deserializeStructure(shape: StructureShape, input: JsonObject, path: string): Deserialized {
  if (shape.isStrict) refuseUnknown(shape, input, path);
  const members: [string, Deserialized][] = [];
  for (const [name, member] of Object.entries(shape.members)) {
    const value = input[name];
    if (value === undefined || value === null) continue;
    members.push([name, deserialize(member, value, joinPath(path, name))]);
  }
  return Object.fromEntries(members);
}

function refuseUnknown(shape: StructureShape, input: JsonObject, path: string): void {
  const unknown = Object.keys(input).find((name) => !Object.hasOwn(shape.members, name));
  if (unknown === undefined) return;
  const known = Object.keys(shape.members).join(', ');
  const fault = `Value at '${joinPath(path, unknown)}' failed to satisfy constraint: Member must be one of: [${known}]`;
  throw new ApiError('ValidationException', `1 validation error detected: ${fault}`);
}

function deserializeMap(shape: MapShape, input: JsonObject, path: string): Deserialized {
  // Object.fromEntries makes `__proto__` an ordinary key, where an assignment would set the prototype.
  const entries = Object.entries(input).flatMap(([key, value]): [string, Deserialized][] =>
    value === undefined || value === null ? [] : [[key, deserialize(shape.value, value, `${path}.${key}`)]],
  );
  return Object.fromEntries(entries);
}

export function joinPath(path: string, member: string): string {
  return path === '' ? pathName(member) : `${path}.${pathName(member)}`;
}

function isInteger(input: JsonValue): input is number {
  return typeof input === 'number' && Number.isInteger(input) && Math.abs(input) <= INTEGER_LARGEST;
}

/** JSON has no NaN or infinities; in AWS's JSON they are strings. */
function toDouble(input: JsonValue): number | undefined {
  if (typeof input === 'number') return input;
  return input === 'NaN' || input === 'Infinity' || input === '-Infinity' ? Number(input) : undefined;
}

/** Strict: whole groups of four, no white space, no other alphabet. */
export function decodeBase64(text: string, path: string): Uint8Array {
  const firstPad = text.indexOf('=');
  const padding = firstPad < 0 ? 0 : text.length - firstPad;
  if (text.length % 4 !== 0 || padding > 2 || /[^A-Za-z0-9+/=]/.test(text) || (padding === 2 && !text.endsWith('=='))) {
    throw serializationError(`Value at '${path}' is not valid base64.`);
  }
  return Buffer.from(text, 'base64');
}

function mismatch(input: JsonValue, wanted: string, path: string): never {
  throw serializationError(`${tokenOf(input)} cannot be converted to ${wanted} at '${path}'`);
}

function tokenOf(input: JsonValue): string {
  if (Array.isArray(input)) return 'Start of list';
  switch (typeof input) {
    case 'string':
      return 'STRING_VALUE';
    case 'number':
      return 'NUMBER_VALUE';
    case 'boolean':
      return input ? 'TRUE_VALUE' : 'FALSE_VALUE';
    default:
      return 'Start of structure or map';
  }
}

/** The request could not be read: broken JSON, or a member of the wrong type. */
export function serializationError(message: string): ApiError {
  return new ApiError('SerializationException', message);
}
