import { isJsonObject, type JsonObject } from '../core/json.ts';

/** https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html */
export interface BusEvent extends JsonObject {
  /** Who says it: `aws.ec2`, or a name of an application's own. */
  readonly source: string;
  readonly 'detail-type': string;
  readonly detail: JsonObject;
}

export function isBusEvent(value: JsonObject): value is BusEvent {
  const { source, detail } = value;
  return typeof source === 'string' && typeof value['detail-type'] === 'string' && isJsonObject(detail);
}

/** An event as the record that EventBridge itself puts to a delivery stream: its JSON, without a line feed. */
export function busRecord(event: BusEvent): Uint8Array {
  return Buffer.from(JSON.stringify(event));
}
