import { createHash, createHmac } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface RequestToSign {
  readonly method: string;
  /** The path is as it is sent, escapes and all; there is no query. */
  readonly url: URL;
  readonly body: Uint8Array;
  /** Further ones to sign, which is all that begin with `x-amz-`; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
  /** In ms since the epoch. */
  readonly now: number;
}

/**
 * The headers that sign a request with AWS's Signature Version 4: all there is to it for one POST without a query.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signed(
  { method, url, body, headers: further }: RequestToSign,
  credentials: Credentials,
  { region, service, now }: Scope,
): Readonly<Record<string, string>> {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const date = time.slice(0, 8);
  const { sessionToken } = credentials;
  const headers = {
    host: url.host,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
    ...further,
  };
  const sorted = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
  const names = sorted.map(([name]) => name).join(';');
  const headerLines = sorted.map(([name, value]) => `${name}:${value}\n`);
  // Every service but S3 escapes the path once more, escapes included.
  const path = url.pathname.split('/').map(encodeURIComponent).join('/');
  const request = [method, path, '', headerLines.join(''), names, sha256(body)].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce(
    (previous: string | Buffer, part) => hmac(previous, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const credential = `${credentials.accessKeyId}/${scope}`;
  const signature = hmac(key, text).toString('hex');
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`,
  };
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
