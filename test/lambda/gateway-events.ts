import { isUtf8 } from 'node:buffer';
import type { ApiRequest } from '../../src/api/context.ts';

/** How a request came: the gateway's stage, and what of the path stands before our own. */
export interface Front {
  readonly stage?: string;
  /** `/dev` below a gateway's own host name, the base path below a custom domain, nothing otherwise. */
  readonly before?: string;
}

/** A client's request, as a gateway makes an event of it. The path is as sent. */
export type GatewayEvent = (request: ApiRequest, front?: Front) => object;

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export const restEvent: GatewayEvent = (
  { method, url, headers, body, from, signedUrl = url },
  { stage = 'dev', before = '' } = {},
) => {
  const [path, query] = partsOf(signedUrl);
  const own = before !== '' && path.startsWith(before) ? path.slice(before.length) : partsOf(url)[0];
  const values = valuesOf(headers);
  const parameters = parametersOf(query);
  return {
    ...routeOf(own, (proxy) => ({ resource: proxy === undefined ? '/' : '/{proxy+}' })),
    // Of a custom domain this has the base path, below the gateway's own name it lacks the stage.
    path: before === `/${stage}` ? own : path,
    httpMethod: method,
    headers: lastOf(values),
    multiValueHeaders: values,
    queryStringParameters: lastOf(parameters),
    multiValueQueryStringParameters: parameters,
    stageVariables: null,
    requestContext: {
      resourcePath: own === '/' ? '/' : '/{proxy+}',
      httpMethod: method,
      path,
      stage,
      requestId: REQUEST_ID,
      identity: { ...(from !== undefined && { sourceIp: from }), userAgent: 'aws-sdk-js' },
      domainName: 'abcdef1234.execute-api.eu-central-1.amazonaws.com',
      apiId: 'abcdef1234',
    },
    ...bodyOf(body),
  };
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export const httpEvent: GatewayEvent = (request, { stage = '$default', before = '' } = {}) => {
  const { method, url, headers, body, from, signedUrl = url } = request;
  const [path, query] = partsOf(signedUrl);
  const own = before !== '' && path.startsWith(before) ? path.slice(before.length) : path;
  return {
    version: '2.0',
    ...routeOf(own, (proxy) => ({ routeKey: proxy === undefined ? 'ANY /' : 'ANY /{proxy+}' })),
    rawPath: path,
    rawQueryString: query,
    headers: joined(headers),
    requestContext: {
      domainName: 'abcdef1234.execute-api.eu-central-1.amazonaws.com',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        ...(from !== undefined && { sourceIp: from }),
        userAgent: 'aws-sdk-js',
      },
      requestId: REQUEST_ID,
      stage,
    },
    ...bodyOf(body),
  };
};

/** https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
export const functionUrlEvent: GatewayEvent = (request) => {
  const { pathParameters: _, ...event } = { pathParameters: undefined, ...httpEvent(request) };
  return { ...event, routeKey: '$default' };
};

const REQUEST_ID = '00000000-0000-4000-8000-000000000001';

function routeOf(own: string, named: (proxy: string | undefined) => object): object {
  const proxy = own === '/' ? undefined : own.slice(1);
  return { ...named(proxy), ...(proxy !== undefined && { pathParameters: { proxy } }) };
}

function partsOf(url: string): readonly [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

function valuesOf(headers: ApiRequest['headers']): Record<string, readonly string[]> {
  const given = Object.entries(headers).filter((header): header is [string, string | readonly string[]] => {
    return header[1] !== undefined;
  });
  return Object.fromEntries(given.map(([name, value]) => [name, typeof value === 'string' ? [value] : value]));
}

function joined(headers: ApiRequest['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(valuesOf(headers)).map(([name, values]) => [name, values.join(',')]));
}

function parametersOf(query: string): Record<string, readonly string[]> | null {
  const parameters = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(query.replaceAll('+', '%2B'))) {
    parameters.set(name, [...(parameters.get(name) ?? []), value]);
  }
  return parameters.size === 0 ? null : Object.fromEntries(parameters);
}

function lastOf(values: Record<string, readonly string[]> | null): object | null {
  return values && Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1)]));
}

/** As where binary media types are allowed: text that is none is base64. */
function bodyOf(body: Uint8Array): object {
  if (body.length === 0) return { body: null, isBase64Encoded: false };
  if (isUtf8(body)) return { body: Buffer.from(body).toString(), isBase64Encoded: false };
  return { body: Buffer.from(body).toString('base64'), isBase64Encoded: true };
}
