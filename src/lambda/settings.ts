import { ConfigError } from '../core/errors.ts';

/** What the functions of one deployment are told through their environment. */
export interface LambdaSettings {
  readonly tables: { readonly buffer: string; readonly streams: string; readonly keys: string };
  readonly stagingBucket: string;
  readonly queues: { readonly process: string; readonly deliver: string };
  /** Twelve digits; in ARNs and error messages. */
  readonly accountId: string;
  readonly region: string;
  /** Whether everybody may do everything, as on a laptop. */
  readonly takesUnsigned: boolean;
  /** Buckets, the staging bucket as well, are folders in this one instead of S3's. */
  readonly bucketsFolder?: string;
  /** What speaks the API of a service in place of AWS, by the service. */
  readonly endpoints: { readonly [service in EmulatedService]?: string };
  readonly version?: string;
}

/** Those that are not called through an AWS SDK, which would find its endpoint itself. */
const EMULATED_SERVICES = ['S3', 'LAMBDA', 'GLUE', 'SECRETS_MANAGER'] as const;

type EmulatedService = (typeof EMULATED_SERVICES)[number];

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
    accountId: accountIn(given('HYDRANT_ACCOUNT_ID')),
    region: given('AWS_REGION'),
    takesUnsigned: takesUnsignedIn(environment),
    endpoints: endpointsIn(environment),
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

/** As AWS's own SDKs read them: one for a service, or one for all. */
function endpointsIn(environment: Environment): LambdaSettings['endpoints'] {
  const found = EMULATED_SERVICES.flatMap((service) => {
    const name = `AWS_ENDPOINT_URL_${service}`;
    const endpoint = environment[name] || environment.AWS_ENDPOINT_URL;
    if (endpoint && !URL.canParse(endpoint)) throw new ConfigError(name, `must be a URL, not ${endpoint}.`);
    return endpoint ? [[service, endpoint] as const] : [];
  });
  return Object.fromEntries(found);
}
