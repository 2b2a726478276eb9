import { createHash } from 'node:crypto';
import { ApiError } from '../../core/errors.ts';
import { parametersIn } from './canonical.ts';
import { ALGORITHM, basicTime, type SignedRequest, TERMINATOR } from './signature.ts';

/** What a request says of its own signature. */
export interface Claim {
  readonly accessKeyId: string;
  /** As in X-Amz-Date: `20150830T123600Z`. */
  readonly time: string;
  /** The same in ms since the epoch. */
  readonly signedAt: number;
  /** How long a presigned request is good for; absent in one that is signed in its headers. */
  readonly validForMs?: number;
  readonly region: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly sessionToken?: string;
}

/**
 * Reads the claim from the Authorization header or, of a presigned request, from the query. Throws what AWS answers to
 * one that is absent, incomplete, or made for another service; the wording was recorded at services of AWS that share
 * Firehose's protocol.
 */
export function claimIn(request: SignedRequest, service: string): Claim {
  const { authorization } = request.headers;
  const query = request.url.indexOf('?');
  const parameters = new Map(query < 0 ? [] : parametersIn(request.url.slice(query + 1)));
  const isPresigned = parameters.has('X-Amz-Algorithm');
  if (authorization !== undefined && isPresigned) {
    throw invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.");
  }
  if (isPresigned) return presigned(parameters, service);
  if (authorization === undefined) {
    throw new ApiError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  // Sent twice, it is no header that AWS4 knows.
  return inHeaders(typeof authorization === 'string' ? authorization : '', request, service);
}

function inHeaders(authorization: string, { headers }: SignedRequest, service: string): Claim {
  const [algorithm = '', ...parts] = authorization.trim().split(/[,\s]+/);
  const parameters = new Map(parts.map((part) => partsAround(part, '=')));
  const { date } = headers;
  const time = headers['x-amz-date'] ?? (typeof date === 'string' ? timeIn(date) : date);
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !parameters.get(name))
    .map((name) => `Authorization header requires '${name}' parameter. `);
  if (time === undefined) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ");
  }
  if (missing.length > 0) {
    // Not the header itself: what somebody sends in it by mistake may be a secret.
    const hashed = createHash('sha256').update(authorization).digest('base64');
    throw incomplete(`${missing.join('')}(Hashed with SHA-256 and encoded with Base64) Authorization=${hashed}`);
  }
  const token = headers['x-amz-security-token'];
  return claim(
    {
      algorithm,
      credential: parameters.get('Credential') ?? '',
      time: String(time),
      signedHeaders: parameters.get('SignedHeaders') ?? '',
      signature: parameters.get('Signature') ?? '',
      ...(token !== undefined && { sessionToken: String(token) }),
    },
    service,
  );
}

/** AWS takes at most a week. */
const PRESIGNED_LONGEST_S = 7 * 24 * 3_600;

function presigned(parameters: ReadonlyMap<string, string>, service: string): Claim {
  const missing = ['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date', 'X-Amz-Expires']
    .filter((name) => !parameters.get(name))
    .map((name) => `AWS query-string parameters must include '${name}'. `);
  if (missing.length > 0) throw incomplete(`${missing.join('')}Re-examine the query-string parameters.`);
  const of = (name: string): string => parameters.get(name) ?? '';
  const seconds = Number(/^\d{1,6}$/.exec(of('X-Amz-Expires'))?.[0]);
  if (!(seconds >= 1 && seconds <= PRESIGNED_LONGEST_S)) {
    throw incomplete(`X-Amz-Expires must be a number of seconds from 1 to ${PRESIGNED_LONGEST_S}.`);
  }
  const sessionToken = parameters.get('X-Amz-Security-Token');
  return {
    ...claim(
      {
        algorithm: of('X-Amz-Algorithm'),
        credential: of('X-Amz-Credential'),
        time: of('X-Amz-Date'),
        signedHeaders: of('X-Amz-SignedHeaders'),
        signature: of('X-Amz-Signature'),
        ...(sessionToken !== undefined && { sessionToken }),
      },
      service,
    ),
    validForMs: seconds * 1_000,
  };
}

interface Given {
  readonly algorithm: string;
  readonly credential: string;
  readonly time: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly sessionToken?: string;
}

function claim({ algorithm, credential, time, signedHeaders, ...rest }: Given, service: string): Claim {
  const signedAt = momentOf(time);
  if (signedAt === undefined) {
    const wanted = "Date must be in ISO-8601 'basic format'.";
    throw incomplete(`${wanted} Got '${shown(time)}'. See http://en.wikipedia.org/wiki/ISO_8601`);
  }
  if (algorithm !== ALGORITHM) {
    throw incomplete(`Unsupported AWS 'algorithm': '${shown(algorithm)}' (only ${ALGORITHM} for now). `);
  }
  const [accessKeyId = '', date, region = '', ofService, terminator, ...more] = credential.split('/');
  if (terminator === undefined || more.length > 0) {
    const example = 'e.g. keyid/date/region/service/term';
    throw incomplete(`Credential must have exactly 5 slash-delimited elements, ${example}, got '${shown(credential)}'`);
  }
  const faults = [
    /^[a-z0-9-]{1,32}$/.test(region) ? '' : 'Credential should be scoped to a valid region. ',
    ofService === service ? '' : `Credential should be scoped to correct service: '${service}'. `,
    terminator === TERMINATOR
      ? ''
      : `Credential should be scoped with a valid terminator: '${TERMINATOR}', not '${shown(terminator)}'. `,
    date === time.slice(0, 8)
      ? ''
      : `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${shown(date ?? '')}' != '${time.slice(0, 8)}', from '${time}'. `,
  ].join('');
  if (faults !== '') throw invalid(faults);
  return { ...rest, accessKeyId, region, time, signedAt, signedHeaders: signedHeaders.split(';') };
}

const BASIC_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

function momentOf(time: string): number | undefined {
  const ms = Date.parse(time.replace(BASIC_TIME, '$1-$2-$3T$4:$5:$6Z'));
  return BASIC_TIME.test(time) && !Number.isNaN(ms) ? ms : undefined;
}

/** A Date header is in the form of HTTP or in that of X-Amz-Date; signed is the latter. */
function timeIn(date: string): string {
  const ms = Date.parse(date);
  return BASIC_TIME.test(date) || Number.isNaN(ms) ? date : basicTime(ms);
}

function partsAround(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const LONGEST_SHOWN = 100;

function shown(given: string): string {
  return given.slice(0, LONGEST_SHOWN);
}

function incomplete(message: string): ApiError {
  return new ApiError('IncompleteSignatureException', message);
}

/** What is there is complete and yet cannot be right. */
export function invalid(message: string): ApiError {
  return new ApiError('InvalidSignatureException', message);
}
