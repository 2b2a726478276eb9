import { createDeliveryStreamInput } from '../api/operations/create-delivery-stream.ts';
import type { Shape } from '../api/shapes/index.ts';
import { ConfigError } from '../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { unknownMember } from './setting.ts';

/**
 * Refuses members that CreateDeliveryStream does not have. The API ignores them, as AWS does; in a file that a person
 * wrote one is a typing mistake, and a stream that silently lacks what was asked for. Also refuses a name given twice.
 * Everything else is for the API to judge.
 */
export function checkStreamMembers(streams: readonly JsonObject[]): void {
  const firstOf = new Map<JsonValue, number>();
  for (const [i, stream] of streams.entries()) {
    checkMembers(stream, `streams[${i}]`);
    const name = stream.DeliveryStreamName;
    if (name === undefined) continue;
    const first = firstOf.get(name);
    if (first !== undefined) {
      throw new ConfigError(`streams[${i}].DeliveryStreamName`, `streams[${first}] has the name ${name} already.`);
    }
    firstOf.set(name, i);
  }
}

/** The same of one stream's members, which messages find at `path`. */
export function checkMembers(stream: JsonObject, path: string): void {
  refuseUnknown(createDeliveryStreamInput, stream, path);
}

function refuseUnknown(shape: Shape, value: JsonValue, path: string): void {
  if (shape.type === 'list' && Array.isArray(value)) {
    for (const [i, item] of value.entries()) refuseUnknown(shape.member, item, `${path}[${i}]`);
  }
  if (shape.type !== 'structure' || !isJsonObject(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    const member = Object.hasOwn(shape.members, name) ? shape.members[name] : undefined;
    if (member === undefined) throw unknownMember(`${path}.${name}`, name, Object.keys(shape.members));
    if (inner !== undefined) refuseUnknown(member, inner, `${path}.${name}`);
  }
}
