import type { ApiRequest, ApiResponse } from '../api/context.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/**
 * HTTP requests as Lambda functions get them: from a REST API (payload format 1.0), an HTTP API or a function URL
 * (2.0).
 *
 * Clients sign the path that they send, in which a stage (`/dev/`) or a custom domain's base path may stand before
 * ours. `requestContext.path` of the first form and `rawPath` of the second are that path; which part of it is ours,
 * the route's parameter `proxy` says, whatever stands before it.
 *
 * A gateway has limits of its own, and refuses in its own words what never comes here: bodies of over 10 MB, or such
 * that make an event of over 6 MB (a REST API answers 413, `{"message":"Request Too Long"}`). A REST API without binary
 * media types hands over text: a compressed body is damaged on its way, and its signature does not match.
 */
export interface GatewayRequest {
  readonly request: ApiRequest;
  /** The gateway's own, which clients are told in the header `x-amzn-requestid`. */
  readonly requestId?: string;
}

/** What both forms take for an answer. */
export interface GatewayAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

/** Throws when the event is no gateway's. */
export function requestIn(event: unknown): GatewayRequest {
  if (!isJsonObject(event) || !isJsonObject(event.requestContext)) {
    throw new Error('This function answers HTTP requests; its event came from no API gateway and no function URL.');
  }
  const { requestContext } = event;
  const { requestId } = requestContext;
  const request = isJsonObject(requestContext.http)
    ? second(event, requestContext, requestContext.http)
    : first(event, requestContext);
  return { request, ...(typeof requestId === 'string' && { requestId }) };
}

export function answerOf({ status, headers, body }: ApiResponse): GatewayAnswer {
  const isText = typeof body === 'string';
  const text = isText ? body : Buffer.from(body).toString('base64');
  return { statusCode: status, headers, body: text, isBase64Encoded: !isText };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
function first(event: JsonObject, context: JsonObject): ApiRequest {
  const query = queryOf(objectAt(event, 'multiValueQueryStringParameters'));
  const { sourceIp } = objectAt(context, 'identity');
  return {
    method: textAt(event, 'httpMethod'),
    url: `${ownPath(event) ?? textAt(event, 'path')}${query}`,
    signedUrl: `${textAt(context, 'path') || textAt(event, 'path')}${query}`,
    ...(typeof sourceIp === 'string' && { from: sourceIp }),
    headers: headersOf(objectAt(event, 'multiValueHeaders')),
    body: bodyOf(event),
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
function second(event: JsonObject, context: JsonObject, http: JsonObject): ApiRequest {
  const [rawPath, rawQuery, stage] = [
    textAt(event, 'rawPath'),
    textAt(event, 'rawQueryString'),
    textAt(context, 'stage'),
  ];
  const query = rawQuery === '' ? '' : `?${rawQuery}`;
  const { sourceIp } = http;
  return {
    method: textAt(http, 'method'),
    url: `${ownPath(event) ?? withoutStage(rawPath, stage)}${query}`,
    signedUrl: `${rawPath}${query}`,
    ...(typeof sourceIp === 'string' && { from: sourceIp }),
    headers: headersOf(objectAt(event, 'headers')),
    body: bodyOf(event),
  };
}

/** The path below our own root, where a route says so: `/`, or `/{proxy+}`, whose parameter is the rest. */
function ownPath(event: JsonObject): string | undefined {
  const { proxy } = objectAt(event, 'pathParameters');
  if (typeof proxy === 'string') return `/${proxy}`;
  const route = textAt(event, 'resource') || textAt(event, 'routeKey').split(' ').at(-1);
  return route === '/' ? '/' : undefined;
}

/** The only route of a function URL, and of an HTTP API that has no others, says nothing. */
function withoutStage(path: string, stage: string): string {
  const prefix = `/${stage}`;
  return path === prefix || path.startsWith(`${prefix}/`) ? path.slice(prefix.length) || '/' : path;
}

/** Values come unescaped. Their signature is over the escaped form, whichever way each was escaped. */
function queryOf(parameters: JsonObject): string {
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    textsIn(values).map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function headersOf(given: JsonObject): ApiRequest['headers'] {
  const headers: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(given)) {
    const texts = textsIn(value);
    const [only] = texts;
    if (only !== undefined) headers[name.toLowerCase()] = texts.length === 1 ? only : texts;
  }
  return headers;
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
}

function bodyOf({ body, isBase64Encoded }: JsonObject): Buffer {
  return typeof body === 'string' ? Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8') : Buffer.alloc(0);
}

function objectAt(object: JsonObject, name: string): JsonObject {
  const member = object[name];
  return isJsonObject(member) ? member : {};
}

function textAt(object: JsonObject, name: string): string {
  const member = object[name];
  return typeof member === 'string' ? member : '';
}
