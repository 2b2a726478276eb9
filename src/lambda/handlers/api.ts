import { answerRequest } from '../answer-request.ts';
import { functionPorts } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import type { GatewayAnswer } from '../gateway.ts';

const environment = await functionPorts();

/** The Firehose API, behind a REST API, an HTTP API or a function URL. */
export async function handler(event: unknown, context: LambdaContext): Promise<GatewayAnswer> {
  return answerRequest(environment, event, context);
}
