import { createServer } from 'node:http';
import { onTestFinished } from 'vitest';
import type { JsonObject } from '../../../src/core/json.ts';
import { signed } from '../../../src/host/aws/signature.ts';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };
export const REGION = 'eu-west-1';

export interface Asked {
  readonly action: string;
  readonly input: JsonObject;
}

/** A status and what is said with it; undefined says nothing at all. */
export type Said = readonly [status: number, body: JsonObject | string] | undefined;

/**
 * The API of a service of AWS on a socket: it checks method, signature and protocol as AWS does, and says what `say`
 * returns. Calls have `<prefix>.` before their action.
 */
export async function awsEndpoint(
  { service, prefix }: { readonly service: string; readonly prefix: string },
  say: (asked: Asked) => Said | Promise<Said>,
) {
  const asked: Asked[] = [];
  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = '', url = '', headers } = request;
    const time = Date.parse(
      String(headers['x-amz-date']).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'),
    );
    const target = String(headers['x-amz-target']);
    const expected = signed(
      { method, url: new URL(`http://${headers.host}${url}`), body, headers: { 'x-amz-target': target } },
      CREDENTIALS,
      { region: REGION, service, now: time },
    );
    const isRight =
      headers.authorization === expected.authorization && headers['content-type'] === 'application/x-amz-json-1.1';
    const own: Asked = {
      action: target.startsWith(`${prefix}.`) ? target.slice(prefix.length + 1) : target,
      input: JSON.parse(body.toString()),
    };
    asked.push(own);
    const said = isRight ? await say(own) : ([400, { __type: 'InvalidSignatureException', message: 'no' }] as const);
    if (said === undefined) return;
    answer.writeHead(said[0], { 'content-type': 'application/x-amz-json-1.1' });
    answer.end(typeof said[1] === 'string' ? said[1] : JSON.stringify(said[1]));
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
  return { endpoint: `http://127.0.0.1:${port}`, asked, close };
}
