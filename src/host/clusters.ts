import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Cluster, Clusters, RequestToAuthorize } from '../../destinations/opensearch/clusters.ts';
import { ConfigError, DeliveryError } from '../core/errors.ts';
import { awsCredentials } from './aws/credentials.ts';
import { type Credentials, signed } from './aws/signature.ts';
import { searchDomains } from './search-domains.ts';
import { type SecretReference, secretAt } from './secret-reference.ts';

/** What this host knows of one cluster. */
export interface ClusterSettings {
  readonly login?: { readonly username: string; readonly password: SecretReference };
  /** Requests are signed for this service of AWS, whatever the endpoint's name. */
  readonly sign?: { readonly service: SigningService; readonly region?: string };
  /** A file in PEM: what the cluster's certificate must be signed by. */
  readonly authorityFile?: string;
}

export type SigningService = 'es' | 'aoss';

/** By the origin of their endpoints; or, by the ARN of a domain, its endpoint. */
export type KnownClusters = Readonly<Record<string, ClusterSettings | string>>;

export interface ClustersOptions {
  readonly known: KnownClusters;
  /** Of requests that are signed where neither the settings nor the endpoint's name have a region. */
  readonly region: string;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: () => Promise<Credentials>;
  /** Where domains whose endpoint is not known are asked for; AWS unless given. */
  readonly domains?: { readonly endpoint?: string };
}

/**
 * Clusters by their address. Those of AWS are known by their names, and their requests are signed; what else is needed
 * to reach one is in the settings. Where a domain is, AWS is asked when the settings do not say. Throws a `ConfigError`
 * when a file named there cannot be read.
 */
export async function openSearchClusters(options: ClustersOptions): Promise<Clusters> {
  const { known } = options;
  const credentials = options.credentials ?? awsCredentials({ isEmulator: false });
  const domains = searchDomains({ ...options.domains, credentials: () => foundBy(credentials), now: options.now });
  const endpoints = new Map<string, string>();
  const clusters = new Map<string, Omit<Cluster, 'endpoint'>>();
  for (const [address, settings] of Object.entries(known)) {
    if (typeof settings === 'string') endpoints.set(address, settings);
    else clusters.set(new URL(address).origin, await accessTo(address, settings, { ...options, credentials }));
  }
  return async (address) => {
    const endpoint = address.startsWith('arn:') ? (endpoints.get(address) ?? (await domains(address))) : address;
    const { origin, hostname } = URL.canParse(endpoint) ? new URL(endpoint) : { origin: '', hostname: '' };
    const access = clusters.get(origin);
    if (access?.authorize !== undefined) return { ...access, endpoint };
    const [, region = '', service] = AWS_HOST.exec(hostname) ?? [];
    if (!isSigningService(service)) return { ...access, endpoint };
    const authorize = signer({ service, region }, { ...options, credentials });
    return { ...access, endpoint, authorize };
  };
}

const AWS_HOST = /\.([a-z0-9-]+)\.(es|aoss)\.amazonaws\.com(?:\.cn)?$/;

function isSigningService(name: string | undefined): name is SigningService {
  return name === 'es' || name === 'aoss';
}

type SigningPorts = Pick<ClustersOptions, 'region' | 'now'> & { readonly credentials: () => Promise<Credentials> };

async function accessTo(address: string, settings: ClusterSettings, ports: SigningPorts) {
  const { login, sign, authorityFile } = settings;
  const authorize = login ? basic(address, login) : sign && signer({ region: ports.region, ...sign }, ports);
  return {
    ...(authorize && { authorize }),
    ...(authorityFile !== undefined && { certificateAuthority: await authorityIn(address, authorityFile) }),
  };
}

async function authorityIn(address: string, file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: Error) => error);
  const field = `opensearch.${address}.ca`;
  if (typeof text !== 'string') throw new ConfigError(field, `cannot be read: ${text.message}`);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new ConfigError(field, `${file} holds no PEM certificate.`);
  return text;
}

/** The password is looked up each time: a changed one needs no restart. */
function basic(address: string, { username, password }: NonNullable<ClusterSettings['login']>) {
  return async () => {
    const held = (await secretAt(password))?.trim();
    if (held === undefined || held === '')
      throw unauthorized(`The password of ${address} cannot be read: see opensearch in the configuration file.`);
    return { Authorization: `Basic ${Buffer.from(`${username}:${held}`).toString('base64')}` };
  };
}

function signer(
  { service, region }: { readonly service: SigningService; readonly region: string },
  { now, credentials }: SigningPorts,
) {
  return async ({ url, body }: RequestToAuthorize) => {
    // Serverless demands the hash as a header.
    const hash = createHash('sha256').update(body).digest('hex');
    const headers = { 'x-amz-content-sha256': hash };
    const scope = { region, service, now: now() };
    return signed({ method: 'POST', url, body, headers }, await foundBy(credentials), scope);
  };
}

async function foundBy(credentials: () => Promise<Credentials>): Promise<Credentials> {
  try {
    return await credentials();
  } catch (error) {
    // The search's own words name files and roles, but no secret.
    throw unauthorized(`No AWS credentials to sign requests with: ${error instanceof Error ? error.message : error}`);
  }
}

function unauthorized(message: string): DeliveryError {
  return new DeliveryError(message, { code: 'OS.AccessDenied', retryable: true, refused: true });
}
