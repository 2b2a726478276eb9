import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  /** `put`, `create`, `part`, `complete`, `abort` or `head`. */
  readonly what: string;
  readonly headers: IncomingMessage['headers'];
  readonly bodyBytes: number;
}

/** What a test wants to see S3 do; undefined lets the endpoint say what S3 says when all is well. */
export type Behaviour = (asked: Asked, answer: ServerResponse) => Promise<boolean | undefined> | boolean | undefined;

/**
 * S3's side of the conversation for what a real server cannot be made to do: it stores nothing, answers as S3 does when
 * all is well, and otherwise as the test says. A `Behaviour` returns true when it has dealt with the request.
 */
export async function s3Endpoint(behave: Behaviour = () => undefined) {
  const asked: Asked[] = [];
  let inFlight = 0;
  let mostInFlight = 0;
  const server = createServer(async (request, answer) => {
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    answer.once('close', () => inFlight--);
    let bodyBytes = 0;
    for await (const chunk of request) bodyBytes += chunk.length;
    const each = { ...questionIn(request), headers: request.headers, bodyBytes };
    asked.push(each);
    if (!(await behave(each, answer))) answerWell(each, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    asked,
    mostInFlight: () => mostInFlight,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

export function refuse(answer: ServerResponse, status: number, code: string, fields = ''): true {
  answer.writeHead(status, { 'content-type': 'application/xml', 'x-amz-request-id': 'REQUEST1' });
  answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>It is ${code}.</Message>${fields}</Error>`);
  return true;
}

/** The connection ends without an answer. */
export function hangUp(answer: ServerResponse): true {
  answer.destroy();
  return true;
}

function answerWell({ what, bucket, key }: Asked, answer: ServerResponse): void {
  if (what === 'head') answer.writeHead(404).end();
  else if (what === 'abort') answer.writeHead(204).end();
  else if (what === 'put' || what === 'part') answer.writeHead(200, { etag: '"e"' }).end();
  else if (what === 'create') {
    const body = `<Bucket>${bucket}</Bucket><Key>${key}</Key><UploadId>U1</UploadId>`;
    answer.end(`<InitiateMultipartUploadResult>${body}</InitiateMultipartUploadResult>`);
  } else {
    answer.end(`<CompleteMultipartUploadResult><ETag>"e"</ETag></CompleteMultipartUploadResult>`);
  }
}

function questionIn({ method = '', url = '' }: IncomingMessage) {
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, bucket = '', ...key] = pathname.split('/');
  const isUpload = searchParams.has('uploadId');
  const what =
    method === 'HEAD'
      ? 'head'
      : method === 'DELETE'
        ? 'abort'
        : method === 'PUT'
          ? isUpload
            ? 'part'
            : 'put'
          : isUpload
            ? 'complete'
            : 'create';
  return { method, bucket, key: key.join('/'), what };
}
