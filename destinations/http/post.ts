import { Readable } from 'node:stream';
import { DeliveryError } from '../../src/core/errors.ts';

/** One POST, and what becomes of it. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
  /** In PEM: what the far side's certificate must be signed by; undefined for the authorities that Node trusts. */
  readonly certificateAuthority?: string | undefined;
}

/** Whatever its status. */
export interface Answer {
  readonly status: number;
  readonly reasonPhrase: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** Why there was no answer. */
export type PostFailure =
  | 'timeout'
  | 'connection failed'
  | 'connection reset'
  | 'TLS'
  | 'certificate'
  | 'answer too large'
  | 'not HTTP'
  | 'bad URL'
  | 'bad header';

export interface PostOptions {
  /** The destination's own error codes. */
  readonly codes: Readonly<Record<PostFailure, string>>;
  /** From the first byte sent to the last one received, in ms. */
  readonly timeoutMs: number;
  readonly answerMostBytes: number;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Posts over pooled connections that are kept alive, one pool an origin and authority. Follows no redirects. Throws a
 * `DeliveryError`, with the destination's code, when there is no whole answer; its message has the URL's origin and
 * nothing else of it, for paths may hold tokens.
 */
export function poster(options: PostOptions): (post: Post, signal: AbortSignal) => Promise<Answer> {
  let client: Promise<Client> | undefined;

  return async ({ url, headers, body, certificateAuthority }, signal) => {
    client ??= load(options);
    const { request, pools } = await client;
    const dispatcher = pools(certificateAuthority);
    const timeout = AbortSignal.timeout(options.timeoutMs);
    try {
      const answer = await request(url, {
        ...{ method: 'POST', headers, dispatcher },
        body: body instanceof Uint8Array ? body : Readable.from(body, { objectMode: false }),
        signal: AbortSignal.any([signal, timeout]),
      });
      const bytes = Buffer.from(await answer.body.bytes());
      return { status: answer.statusCode, reasonPhrase: answer.statusText, headers: answer.headers, body: bytes };
    } catch (error) {
      signal.throwIfAborted();
      throw failed(timeout.aborted ? 'timeout' : failureOf(error), error, { url, ...options });
    }
  };
}

type Client = Awaited<ReturnType<typeof load>>;

/** On first use: the package takes some 60 ms to load. */
async function load({ timeoutMs, answerMostBytes }: PostOptions) {
  const { Agent, request } = await import('undici');
  const byAuthority = new Map<string | undefined, InstanceType<typeof Agent>>();
  const pools = (ca: string | undefined) => {
    const agent =
      byAuthority.get(ca) ??
      new Agent({
        maxResponseSize: answerMostBytes,
        maxHeaderSize: answerMostBytes,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        connect: { timeout: CONNECT_TIMEOUT_MS, ...(ca !== undefined && { ca }) },
      });
    byAuthority.set(ca, agent);
    return agent;
  };
  return { request, pools };
}

const FAILURES: readonly (readonly [RegExp, PostFailure])[] = [
  [/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/, 'timeout'],
  [
    /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|UND_ERR_CONNECT_TIMEOUT)$/,
    'connection failed',
  ],
  [/^(UND_ERR_RES_EXCEEDED_MAX_SIZE|UND_ERR_HEADERS_OVERFLOW|HPE_HEADER_OVERFLOW)$/, 'answer too large'],
  [/^(ERR_INVALID_URL|UND_ERR_INVALID_ARG)$/, 'bad URL'],
  [/CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ALTNAME|CRL/, 'certificate'],
  [/^(EPROTO|ERR_SSL_|ERR_TLS_)/, 'TLS'],
];

function failureOf(error: unknown): PostFailure {
  if (error instanceof Error && /invalid .*header/i.test(error.message)) return 'bad header';
  const code = codeOf(error);
  const known = FAILURES.find(([pattern]) => pattern.test(code))?.[1];
  if (known !== undefined) return known;
  if (error instanceof Error && error.name === 'HTTPParserError') return 'not HTTP';
  // When in doubt the connection broke: that is tried again.
  return 'connection reset';
}

const SENTENCES: Readonly<Record<PostFailure, string>> = {
  timeout: 'did not answer in time',
  'connection failed': 'cannot be connected to',
  'connection reset': 'closed the connection before it had answered',
  TLS: 'does not speak TLS as it should',
  certificate: 'has a certificate that is not trusted',
  'answer too large': 'gave an answer that is too large',
  'not HTTP': 'did not answer in HTTP',
  'bad URL': 'has a URL that cannot be used',
  'bad header': 'is to get a header with characters that no header may have',
};

function failed(failure: PostFailure, cause: unknown, { url, codes }: PostOptions & { readonly url: string }) {
  const code = codeOf(cause);
  const message = `${originOf(url)} ${SENTENCES[failure]}${code === '' ? '' : ` (${code})`}.`;
  return new DeliveryError(message, {
    ...{ code: codes[failure], retryable: true, cause },
    // Nothing was sent.
    refused: failure === 'connection failed' || failure.startsWith('bad'),
  });
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'The endpoint';
}

/** The code of an error, or of what caused it. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string' && error.code !== 'UND_ERR_SOCKET') return error.code;
  return error.cause === undefined ? '' : codeOf(error.cause);
}
