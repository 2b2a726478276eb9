import type { JsonValue } from '../../core/json.ts';
import { s3Reader } from '../../objects/s3-reader.ts';
import { sourceStreams } from '../../sources/source-streams.ts';
import { functionPorts } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import { type EventSources, receiveEvents } from '../receive-events.ts';
import { settingsIn } from '../settings.ts';

const environment = await functionPorts();
let sources: EventSources | undefined;

/**
 * Takes messages of SQS, notifications of SNS and S3, events of EventBridge and logs of CloudWatch Logs into streams:
 * the variable HYDRANT_SOURCES says which into which. Who invokes it with `{ deliveryStreamName, records }` needs no
 * entry there.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<JsonValue> {
  sources ??= sourcesOf(process.env.HYDRANT_SOURCES || '{}');
  return receiveEvents(environment, sources, event, context);
}

function sourcesOf(text: string): EventSources {
  const { region, endpoints } = settingsIn(process.env);
  return { targetOf: sourceStreams(text, 'HYDRANT_SOURCES'), read: s3Reader({ region, ...endpoints.S3 }) };
}
