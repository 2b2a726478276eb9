import { FirehoseClient } from '@aws-sdk/client-firehose';
import type { AccessKey } from '../../src/api/authentication/keys.ts';
import type { ApiRequest } from '../../src/api/context.ts';
import { testApi } from '../kit/api.ts';

interface SdkRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A key that may do everything. */
export const KEY: AccessKey = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  userName: 'someone',
  actions: ['*'],
  streams: ['*'],
};

export type Credentials = Pick<AccessKey, 'accessKeyId' | 'secretAccessKey' | 'sessionToken'>;

/**
 * The real SDK, whose requests go to the API as values instead of over a network, and are kept as they were sent: to
 * AWS's endpoint, or to another one.
 */
export function sdkTo(
  firehose: ReturnType<typeof testApi>,
  { accessKeyId, secretAccessKey, sessionToken }: Credentials,
  endpoint?: string,
) {
  const sent: ApiRequest[] = [];
  const client = new FirehoseClient({
    region: 'eu-central-1',
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) },
    systemClockOffset: firehose.clock.now - Date.now(),
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint }),
    requestHandler: {
      async handle({ method, path, headers, body }: SdkRequest) {
        const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
        const bytes = bytesOf(body);
        const request: ApiRequest = { method, url: path, headers: Object.fromEntries(lower), body: bytes };
        sent.push(request);
        const { status, headers: answered, body: text } = await firehose.handle(request);
        return { response: { statusCode: status, headers: answered, body: Buffer.from(text) } };
      },
    },
  });
  return { client, sent };
}

/** The SDK's own bodies say something on standard error when they are taken for a text. */
function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
}

/** An API that asks for signatures with these keys, and the SDK with the first of them. */
export function signedSdk(keys: readonly [AccessKey, ...AccessKey[]]) {
  const firehose = testApi({}, keys);
  return { firehose, ...sdkTo(firehose, keys[0]) };
}
