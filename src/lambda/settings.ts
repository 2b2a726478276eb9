import { ConfigError } from '../core/errors.ts';

/** What the functions of one deployment are told through their environment. */
export interface LambdaSettings {
  readonly tables: { readonly buffer: string; readonly streams: string; readonly keys: string };
  readonly stagingBucket: string;
  readonly queues: { readonly process: string; readonly deliver: string };
  /** Where the key is that secrets in the tables are sealed under; see `deploymentJson`. */
  readonly dataKey: string;
  /** Twelve digits; in ARNs and error messages. */
  readonly accountId: string;
  readonly region: string;
  /** Whether everybody may do everything, as on a laptop. */
  readonly takesUnsigned: boolean;
  /** Whether this is Lambda itself, and no laptop. */
  readonly isInLambda: boolean;
  /** Buckets, the staging bucket as well, are folders in this one instead of S3's. */
  readonly bucketsFolder?: string;
  /** What speaks the API of a service in place of AWS. */
  readonly endpoints: { readonly [service in CalledService]: { readonly endpoint?: string } };
  readonly version?: string;
}

/** Those that are not called through an AWS SDK, which would find its endpoint itself. */
type CalledService = 'S3' | 'LAMBDA' | 'GLUE' | 'SECRETS_MANAGER';

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a `ConfigError` that names the variable which is missing or wrong. */
export function settingsIn(environment: Environment): LambdaSettings {
  const given = (name: string): string => {
    const value = environment[name];
    if (value) return value;
    throw new ConfigError(name, 'is not set. The functions of serverless.yml have it in their environment.');
  };
  const { HYDRANT_BUCKETS_FOLDER: bucketsFolder, HYDRANT_VERSION: version } = environment;
  return {
    tables: {
      buffer: given('HYDRANT_BUFFER_TABLE'),
      streams: given('HYDRANT_STREAMS_TABLE'),
      keys: given('HYDRANT_KEYS_TABLE'),
    },
    stagingBucket: given('HYDRANT_STAGING_BUCKET'),
    queues: { process: given('HYDRANT_PROCESS_QUEUE_URL'), deliver: given('HYDRANT_DELIVER_QUEUE_URL') },
    dataKey: given('HYDRANT_DATA_KEY'),
    accountId: accountIn(given('HYDRANT_ACCOUNT_ID')),
    region: given('AWS_REGION'),
    takesUnsigned: takesUnsignedIn(environment),
    // Lambda's own, which emulators on a laptop leave out.
    isInLambda: Boolean(environment.AWS_LAMBDA_RUNTIME_API),
    endpoints: {
      S3: endpointOf('S3', environment),
      LAMBDA: endpointOf('LAMBDA', environment),
      GLUE: endpointOf('GLUE', environment),
      SECRETS_MANAGER: endpointOf('SECRETS_MANAGER', environment),
    },
    ...(bucketsFolder && { bucketsFolder }),
    ...(version && { version }),
  };
}

function accountIn(given: string): string {
  if (/^\d{12}$/.test(given)) return given;
  throw new ConfigError('HYDRANT_ACCOUNT_ID', `must be the twelve digits of an AWS account, not ${given}.`);
}

/** Anything but the one word is a mistake, and must not be taken for a wish to be open to all. */
function takesUnsignedIn({ HYDRANT_UNSIGNED: unsigned }: Environment): boolean {
  if (!unsigned) return false;
  if (unsigned === 'allow') return true;
  throw new ConfigError('HYDRANT_UNSIGNED', `may only be allow, not ${unsigned}. Unset, requests must be signed.`);
}

/** As AWS's own SDKs read it: one for the service, or one for all. */
function endpointOf(service: CalledService, environment: Environment): { readonly endpoint?: string } {
  const name = `AWS_ENDPOINT_URL_${service}`;
  const endpoint = environment[name] || environment.AWS_ENDPOINT_URL;
  if (!endpoint) return {};
  if (URL.canParse(endpoint)) return { endpoint };
  throw new ConfigError(environment[name] ? name : 'AWS_ENDPOINT_URL', `must be a URL, not ${endpoint}.`);
}
