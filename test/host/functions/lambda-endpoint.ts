import { createServer, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { signed } from '../../../src/host/aws/signature.ts';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
const FUNCTIONS: readonly string[] = ['clean', 'clean:live'];

export interface Invoked {
  readonly path: string;
  readonly payload: string;
}

/** What the function does; undefined lets it give every record back as it is. */
export type Behaviour = (invoked: Invoked, answer: ServerResponse) => boolean | undefined;

/**
 * Lambda's Invoke API on a socket: it checks path, name, qualifier, invocation type, signature and size as Lambda does,
 * and answers in its words. `behave` returns true when it has answered itself.
 */
export async function lambdaEndpoint(behave: Behaviour = () => undefined) {
  const invoked: Invoked[] = [];
  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = '', url = '', headers } = request;
    const [, name] = /^\/2015-03-31\/functions\/([^/?]+)\/invocations$/.exec(url) ?? [];
    if (method !== 'POST' || name === undefined)
      return refuse(answer, 404, 'UnknownOperationException', 'No such path');
    const time = Date.parse(
      String(headers['x-amz-date']).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'),
    );
    const scope = { region: 'eu-west-1', service: 'lambda', now: time };
    const expected = signed({ method, url: new URL(`http://${headers.host}${url}`), body }, CREDENTIALS, scope);
    if (headers.authorization !== expected.authorization) {
      return refuse(answer, 403, 'InvalidSignatureException', 'The request signature we calculated does not match');
    }
    if (headers['x-amz-invocation-type'] !== 'RequestResponse') {
      return refuse(answer, 400, 'InvalidParameterValueException', 'Only RequestResponse is supported');
    }
    if (body.length > 6_291_456) return refuse(answer, 413, 'RequestTooLargeException', 'too large');
    if (!FUNCTIONS.includes(decodeURIComponent(name))) {
      return refuse(answer, 404, 'ResourceNotFoundException', `Function not found: ${decodeURIComponent(name)}`);
    }
    const each = { path: url, payload: body.toString() };
    invoked.push(each);
    if (!behave(each, answer)) answer.end(echo(each.payload));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(async () => {
    if (server.listening) await close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { endpoint: `http://127.0.0.1:${port}`, invoked, close };
}

export function refuse(answer: ServerResponse, status: number, type: string, message: string): true {
  answer.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  answer.end(JSON.stringify({ Type: 'User', message }));
  return true;
}

/** The function ran and failed: Lambda answers 200 all the same. */
export function failFunction(answer: ServerResponse, errorType: string, errorMessage: string): true {
  answer.writeHead(200, { 'x-amz-function-error': 'Unhandled', 'x-amz-executed-version': '$LATEST' });
  answer.end(JSON.stringify({ errorType, errorMessage, trace: [] }));
  return true;
}

function echo(payload: string): string {
  const { records } = JSON.parse(payload) as { records: { recordId: string; data: string }[] }; // an event of ours
  return JSON.stringify({ records: records.map(({ recordId, data }) => ({ recordId, result: 'Ok', data })) });
}
