import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A call of AWS's APIs, as IAM would judge it. */
export interface RecordedCall {
  /** The access key that it was signed with. */
  readonly by: string;
  /** As policies name it: `dynamodb:GetItem`. */
  readonly action: string;
  /** What it is about: an ARN without partition, region and account (`table/Orders/index/open`), or `*`. */
  readonly resource: string;
}

export interface CallRecorder {
  readonly endpoint: string;
  readonly calls: readonly RecordedCall[];
  stop(): Promise<void>;
}

/** Stands before what speaks AWS's APIs, whose URL it is told by the service, and writes down who asks for what. */
export async function callRecorder(targetOf: (service: string) => string): Promise<CallRecorder> {
  const calls: RecordedCall[] = [];
  const server = createServer(async (asked, answer) => {
    const body = await bytesOf(asked);
    const { method = 'GET', url = '/', headers } = asked;
    const { access, service } = signerOf(headers.authorization ?? '');
    calls.push({ by: access, ...judged(service, { method, url, target: `${headers['x-amz-target'] ?? ''}`, body }) });
    // The host stays what the client said: it is signed, and what answers names its resources by it.
    const passed = request(new URL(url, targetOf(service)), { method, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on('error', (error) => answer.writeHead(502).end(String(error)));
    passed.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function signerOf(authorization: string): { readonly access: string; readonly service: string } {
  const [, access = '', service = ''] = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(authorization) ?? [];
  return { access, service };
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly target: string;
  readonly body: Buffer;
}

function judged(service: string, asked: Asked): Omit<RecordedCall, 'by'> {
  if (service === 's3') return judgedS3(asked);
  if (service === 'lambda') {
    const [, name = ''] = /\/functions\/([^/]+)\/invocations/.exec(decodeURIComponent(asked.url)) ?? [];
    return { action: 'lambda:InvokeFunction', resource: name };
  }
  const operation = asked.target.split('.').at(-1) ?? '';
  const input = JSON.parse(asked.body.toString());
  switch (service) {
    case 'dynamodb': {
      const index = input.IndexName === undefined ? '' : `/index/${input.IndexName}`;
      return { action: `dynamodb:${operation}`, resource: `table/${input.TableName}${index}` };
    }
    case 'sqs':
      return {
        action: `sqs:${operation.replace(/Batch$/, '')}`,
        resource: `${input.QueueUrl}`.split('/').at(-1) ?? '',
      };
    case 'secretsmanager':
      return { action: `secretsmanager:${operation}`, resource: `${input.SecretId}`.split(':secret:').at(-1) ?? '' };
    default:
      return { action: `${service}:${operation}`, resource: '*' };
  }
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
function judgedS3({ method, url }: Asked): Omit<RecordedCall, 'by'> {
  const { pathname, searchParams } = new URL(url, 'http://bucket');
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?(.*)$/.exec(pathname) ?? [];
  const resource = key === '' ? bucket : `${bucket}/*`;
  if (method === 'POST' && searchParams.has('delete')) return { action: 's3:DeleteObject', resource: `${bucket}/*` };
  if (key === '') return { action: method === 'GET' ? 's3:ListBucket' : `s3:${method}`, resource };
  if (method === 'DELETE')
    return { action: searchParams.has('uploadId') ? 's3:AbortMultipartUpload' : 's3:DeleteObject', resource };
  return { action: method === 'GET' || method === 'HEAD' ? 's3:GetObject' : 's3:PutObject', resource };
}
