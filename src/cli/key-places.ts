import type { AccessKey } from '../api/authentication/keys.ts';
import { ConfigError } from '../core/errors.ts';
import { alarmOf } from '../host/alarm.ts';
import type { KeyDescription, KeyToCreate } from '../host/issued-keys.ts';
import { secretsManager } from '../host/secrets-manager.ts';
import { awsClients } from '../lambda/aws/clients.ts';
import { deploymentJson } from '../lambda/aws/data-key.ts';
import { createTableKey, type KeysTable, listTableKeys, revokeTableKey } from '../lambda/aws/dynamo-keys.ts';
import { stackResource } from '../lambda/aws/stack.ts';
import { loadConfig } from '../local/config.ts';
import { nodeDisk } from '../local/disk.ts';
import { createKey, listKeys, revokeKey } from '../local/keys/key-files.ts';
import { settled } from '../local/settings.ts';

/** Where keys are: in a data folder, or in a deployment of functions. */
export interface KeyPlaceOptions {
  readonly data?: string;
  readonly config?: string;
  readonly stack?: string;
  readonly keysTable?: string;
  readonly dataKey?: string;
  readonly region?: string;
  readonly endpoint?: string;
}

export interface KeyPlace {
  /** As messages call it. */
  readonly name: string;
  /** What is true from the first key on, as a sentence. */
  readonly consequence: string;
  create(wanted: KeyToCreate): Promise<AccessKey>;
  list(): Promise<readonly KeyDescription[]>;
  /** False when there is none. */
  revoke(accessKeyId: string): Promise<boolean>;
}

const OF_A_FOLDER = ['data', 'config'] as const;
const OF_A_DEPLOYMENT = ['stack', 'keysTable', 'dataKey', 'region', 'endpoint'] as const;
const FLAGS = { keysTable: '--keys-table', dataKey: '--data-key' } as const;

/** Throws a `ConfigError` that names the flag which is missing, or cannot be given with others. */
export async function keyPlace(options: KeyPlaceOptions): Promise<KeyPlace> {
  const ofDeployment = OF_A_DEPLOYMENT.find((name) => options[name] !== undefined);
  if (ofDeployment === undefined) return folderPlace(options);
  const ofFolder = OF_A_FOLDER.find((name) => options[name] !== undefined);
  const { stack, keysTable } = options;
  if (ofFolder !== undefined) {
    throw new ConfigError(
      `--${ofFolder}`,
      `is for a service with a data folder, ${flagOf(ofDeployment)} for functions. Give one of them.`,
    );
  }
  if (stack === undefined && keysTable === undefined) {
    throw new ConfigError(flagOf(ofDeployment), 'is for functions: give --stack <name> too, or --keys-table <name>.');
  }
  if (stack !== undefined && keysTable !== undefined) {
    throw new ConfigError('--stack', 'knows its table of keys. Give it or --keys-table.');
  }
  return tablePlace(options);
}

function flagOf(name: (typeof OF_A_DEPLOYMENT)[number]): string {
  return name === 'keysTable' || name === 'dataKey' ? FLAGS[name] : `--${name}`;
}

async function folderPlace({ data, config }: KeyPlaceOptions): Promise<KeyPlace> {
  const folder = process.cwd();
  const { settings } = await loadConfig({ folder, ...(config !== undefined && { named: config }) });
  const { dataFolder } = settled(folder, data === undefined ? {} : { data }, settings);
  const place = { dataFolder, disk: nodeDisk(), now: Date.now };
  return {
    name: dataFolder,
    consequence: `From now on every request to the service whose data is in ${dataFolder} must be signed.`,
    create: (wanted) => createKey(place, wanted),
    list: () => listKeys(place),
    revoke: (accessKeyId) => revokeKey(place, accessKeyId),
  };
}

async function tablePlace(options: KeyPlaceOptions): Promise<KeyPlace> {
  const { stack, endpoint } = options;
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const given = options.region ?? AWS_REGION ?? AWS_DEFAULT_REGION;
  const at = endpoint === undefined ? {} : { endpoint };
  const client = awsClients({ ...(given !== undefined && { region: given }), ...at }).dynamo;
  const { config } = await client();
  const region = await config.region().catch(() => {
    throw new ConfigError('--region', 'is missing, and so is AWS_REGION.');
  });

  async function resource(logicalId: string, of: string): Promise<string> {
    const credentials = await config.credentials();
    return stackResource({ stack: of, region, credentials, now: Date.now(), ...at }, logicalId);
  }

  const table = stack === undefined ? (options.keysTable ?? '') : await resource('KeysTable', stack);

  /** Asked for only to seal a new key: other commands need no right to it. */
  async function sealing(): Promise<KeysTable['json']> {
    const place = options.dataKey ?? process.env.HYDRANT_DATA_KEY ?? (stack && (await resource('DataKey', stack)));
    if (place !== undefined) return deploymentJson({ place, secrets });
    throw new ConfigError(
      '--data-key',
      "is missing: the ARN of the deployment's secret, which is its resource DataKey.",
    );
  }

  const secrets = secretsManager(at, { now: Date.now, alarm: alarmOf(Date.now) });
  const place = { client, table };
  return {
    name: `the table ${table}`,
    consequence: `The functions whose keys are in the table ${table} take it at once.`,
    async create(wanted) {
      try {
        return await createTableKey({ ...place, json: await sealing(), now: Date.now }, wanted);
      } finally {
        secrets.close();
      }
    },
    list: () => listTableKeys(place),
    revoke: (accessKeyId) => revokeTableKey(place, accessKeyId),
  };
}
