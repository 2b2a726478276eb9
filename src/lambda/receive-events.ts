import type { JsonValue } from '../core/json.ts';
import type { ReadObject } from '../objects/s3-reader.ts';
import { eventTaker } from '../sources/event.ts';
import type { TargetOf } from '../sources/source-streams.ts';
import type { FunctionPorts, LambdaContext } from './function.ts';

export interface EventSources {
  /** Which stream the events of a source are for. */
  readonly targetOf: TargetOf;
  readonly read: ReadObject;
}

/**
 * Takes what other services of AWS hand to the function into the streams that the deployment names for them. Answers as
 * each of them expects it; rejects when the whole event is to come again.
 */
export async function receiveEvents(
  { open, log }: FunctionPorts,
  { targetOf, read }: EventSources,
  event: unknown,
  context: LambdaContext,
): Promise<JsonValue> {
  const host = await open();
  const invocation = host.invocation(context.getRemainingTimeInMillis());
  const take = eventTaker({
    targetOf,
    put: invocation.put,
    read: (object) => read(object, NEVER),
    refused({ messageId, source, error: err }) {
      log.warn({ messageId, source, err }, 'A message was not taken; SQS delivers it again.');
    },
  });
  return take(event);
}

/** Reading an object ends with the object, or with the function. */
const NEVER = new AbortController().signal;
