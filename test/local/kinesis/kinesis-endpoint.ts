import { createServer, type ServerResponse } from 'node:http';
import { signed } from '../../../src/host/aws/signature.ts';
import type { KinesisModel, Refused } from './kinesis-model.ts';

export const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'token' };

export interface EndpointOptions {
  /** Answers in place of the model when it returns true. */
  readonly behave?: (action: string, answer: ServerResponse) => boolean;
  /** Checks signatures by this clock; absent: not at all. */
  readonly clock?: () => number;
}

/** How far apart clocks may be. */
const SKEW_MS = 5 * 60_000;

/** The model on a socket, in the words of Kinesis' JSON protocol. */
export async function kinesisEndpoint(model: KinesisModel, { behave = () => false, clock }: EndpointOptions = {}) {
  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = '', url = '', headers } = request;
    const target = String(headers['x-amz-target']);
    const action = target.replace('Kinesis_20131202.', '');
    if (clock !== undefined) {
      answer.sendDate = false;
      answer.setHeader('date', new Date(clock()).toUTCString());
      const time = Date.parse(
        String(headers['x-amz-date']).replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'),
      );
      const expected = signed(
        { method, url: new URL(`http://${headers.host}${url}`), body, headers: { 'x-amz-target': target } },
        CREDENTIALS,
        { region: 'eu-west-1', service: 'kinesis', now: time },
      );
      if (headers.authorization !== expected.authorization)
        return refuse(answer, 'InvalidSignatureException', 'No match');
      if (Math.abs(clock() - time) > SKEW_MS) return refuse(answer, 'InvalidSignatureException', 'Signature expired');
    }
    if (headers['content-type'] !== 'application/x-amz-json-1.1') return refuse(answer, 'SerializationException', '');
    if (behave(action, answer)) return undefined;
    try {
      const told = model.call(action, JSON.parse(body.toString()));
      answer.end(Object.keys(told).length === 0 ? '' : JSON.stringify(told));
    } catch (error) {
      const { type, message, status } = error as Refused; // the model throws nothing else
      refuse(answer, type, message, status);
    }
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

function refuse(answer: ServerResponse, type: string, message: string, status = 400): void {
  answer.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  answer.end(JSON.stringify({ __type: `com.amazonaws.kinesis#${type}`, message }));
}
