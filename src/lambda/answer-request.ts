import { randomUUID } from 'node:crypto';
import type { ApiRequest, ApiResponse } from '../api/context.ts';
import { internalFailure } from '../api/handler.ts';
import type { FunctionPorts, LambdaContext } from './function.ts';
import { answerOf, type GatewayAnswer, requestIn } from './gateway.ts';
import type { LambdaHost } from './host.ts';

/**
 * Answers a gateway's event. Never rejects, since the gateway would make a 502 of that: what fails unexpectedly is
 * logged, and answered as AWS does.
 */
export async function answerRequest(
  { open, log }: FunctionPorts,
  event: unknown,
  context: LambdaContext,
): Promise<GatewayAnswer> {
  let requestId: string = randomUUID();
  try {
    const { request, ...told } = requestIn(event);
    requestId = told.requestId ?? requestId;
    const host = await open();
    if (isHealthCheck(request)) return answerOf(alive(host));
    return answerOf(await host.invocation(context.getRemainingTimeInMillis()).handle(request, requestId));
  } catch (err) {
    log.error({ err, requestId }, 'A request failed through a fault of ours; it was answered 500 InternalFailure.');
    return answerOf(internalFailure(requestId));
  }
}

/** The one thing that is answered beside the Firehose API, as by the local host, to whoever asks. */
function isHealthCheck({ method, url }: ApiRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && /^\/health(\?|$)/.test(url);
}

function alive({ version }: LambdaHost): ApiResponse {
  const body = { status: 'alive', ...(version !== undefined && { version }), uptimeSeconds: process.uptime() };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: `${JSON.stringify(body)}\n` };
}
