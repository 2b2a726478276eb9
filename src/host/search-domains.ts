import { DeliveryError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';
import { membersOf, textOf } from './aws/answer.ts';
import { type Credentials, signed } from './aws/signature.ts';

export interface SearchDomainsOptions {
  /** The URL of what speaks the API of Amazon OpenSearch Service; absent for AWS. */
  readonly endpoint?: string;
  /** Throws a `DeliveryError` where there are none. */
  readonly credentials: () => Promise<Credentials>;
  /** Ms since the epoch. */
  readonly now: () => number;
}

/** A domain keeps its endpoint for as long as it lives, and a new one of the same name has another. */
const FRESH_MS = 10 * 60_000;
const ANSWER_LONGEST_MS = 10_000;

/**
 * The endpoints of domains by their ARNs, as DescribeDomain says. Rejects with a `DeliveryError`, code `OS.…`, that is
 * worth another try.
 * https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_DescribeDomain.html
 */
export function searchDomains(options: SearchDomainsOptions): (arn: string) => Promise<string> {
  const { now } = options;
  const kept = new Map<string, { readonly endpoint: string; readonly freshUntil: number }>();
  const underWay = new Map<string, Promise<string>>();

  async function lookUp(arn: string): Promise<string> {
    const endpoint = await described(arn, options);
    kept.set(arn, { endpoint, freshUntil: now() + FRESH_MS });
    return endpoint;
  }

  return async (arn) => {
    const known = kept.get(arn);
    if (known !== undefined && now() < known.freshUntil) return known.endpoint;
    const asked = underWay.get(arn) ?? lookUp(arn).finally(() => underWay.delete(arn));
    underWay.set(arn, asked);
    return asked;
  };
}

async function described(arn: string, { endpoint, credentials, now }: SearchDomainsOptions): Promise<string> {
  const { region = '', name = '' } = /^arn:[^:]+:es:(?<region>[^:]*):\d+:domain\/(?<name>.+)$/.exec(arn)?.groups ?? {};
  const base = endpoint ?? `https://es.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  const url = new URL(`/2021-01-01/opensearch/domain/${encodeURIComponent(name)}`, base);
  const request = { method: 'GET', url, body: new Uint8Array() };
  // The client sets the host itself.
  const { host: _, ...headers } = signed(request, await credentials(), { region, service: 'es', now: now() });
  const { status, body } = await asked(arn, url, headers);
  const said = membersOf(body);
  if (status !== 200) throw refusal(arn, status, textOf(said.message) || textOf(said.Message));
  const { DomainStatus: domain } = said;
  const { Endpoint, Endpoints } = isJsonObject(domain) ? domain : {};
  const own = textOf(Endpoint) || textOf(isJsonObject(Endpoints) ? Endpoints.vpc : undefined);
  if (own === '') throw failed('OS.ResourceNotFound', `The domain ${arn} has no endpoint yet, or no more.`);
  return `https://${own}`;
}

async function asked(arn: string, url: URL, headers: Readonly<Record<string, string>>) {
  try {
    const response = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(ANSWER_LONGEST_MS) });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw failed('OS.ConnectionFailed', `OpenSearch Service did not say where ${arn} is (${why}). ${ADVICE}`);
  }
}

const ADVICE =
  'Or give the stream its ClusterEndpoint, or name the endpoint under opensearch in the configuration file.';

function refusal(arn: string, status: number, said: string): DeliveryError {
  const code = CODES.get(status) ?? 'OS.ServiceException';
  return failed(code, `OpenSearch Service answered for ${arn} with ${status}${said && `: ${said}`}. ${ADVICE}`);
}

/** A domain that is not there is a 409, ResourceNotFoundException. */
const CODES: ReadonlyMap<number, string> = new Map([
  [400, 'OS.InvalidARN'],
  [403, 'OS.AccessDenied'],
  [404, 'OS.InvalidARN'],
  [409, 'OS.InvalidARN'],
]);

/** Nothing has left, and somebody may put it right. */
function failed(code: string, message: string): DeliveryError {
  return new DeliveryError(message, { code, retryable: true, refused: true });
}
