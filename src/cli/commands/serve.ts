import { Command } from 'commander';
import { ConfigError } from '../../core/errors.ts';
import { reasonOf } from '../../local/setting.ts';
import { type GivenSettings, SETTINGS } from '../../local/settings.ts';
import { type Flag, flag } from '../flag.ts';

/** Called as the settings are, so that what is given can be used as it is. */
const FLAGS: readonly Flag[] = [
  {
    flags: '--port <number>',
    description: 'port to listen on; 0 takes a free one (default: 4573)',
    setting: SETTINGS.port,
  },
  {
    flags: '--host <address>',
    description: 'address to listen on (default: 127.0.0.1)',
    setting: SETTINGS.host,
  },
  {
    flags: '--data <folder>',
    description: 'data folder (default: ./data)',
    setting: SETTINGS.data,
  },
  {
    flags: '--buffer-budget <size>',
    description: 'disk space for the buffer (default: 10GiB, at most half of what is free)',
    setting: SETTINGS.bufferBudget,
  },
  {
    flags: '--fsync <mode>',
    description: 'always: a put is answered once it is on the disk (default); interval: once the system has it',
    setting: SETTINGS.fsync,
  },
  {
    flags: '--account-id <digits>',
    description: 'account in ARNs (default: 000000000000)',
    setting: SETTINGS.accountId,
  },
  {
    flags: '--region <name>',
    description: 'region of clients that name none (default: us-east-1)',
    setting: SETTINGS.region,
  },
  {
    flags: '--transition <time>',
    description: 'how long streams stay CREATING and DELETING (default: 0)',
    setting: SETTINGS.transition,
  },
  {
    flags: '--log-level <level>',
    description: 'trace, debug, info, warn, error, fatal or silent (default: info)',
    setting: SETTINGS.logLevel,
  },
];

/** `hydrant serve`: runs the service until it is told to end. */
export function serveCommand(): Command {
  const command = new Command('serve').description(
    'Run the service. Settings also come from hydrant.config.ts, .js or .json in the current folder.',
  );
  command.option('-c, --config <file>', 'configuration file');
  for (const each of FLAGS) command.addOption(flag(each));
  return command
    .option('--s3', 'put objects to Amazon S3 instead of folders')
    .option('--s3-endpoint <url>', 'put objects to this S3-compatible store')
    .option('--s3-region <name>', "the store's region (default: --region)")
    .option('--s3-path-style', 'the bucket goes into the path (default with --s3-endpoint)')
    .option('--no-s3-path-style', 'the bucket goes into the host name')
    .option('--s3-sse <algorithm>', 'AES256: the store encrypts objects whose stream names no KMS key')
    .option('--strict-destinations', 'refuse streams whose destination this version cannot deliver to')
    .option('--insecure', 'listen beyond this machine although there are no keys, so that nothing checks who calls')
    .action(async ({ config, s3, s3Endpoint, s3Region, s3PathStyle, s3Sse, ...own }) => {
      const store = { endpoint: s3Endpoint, region: s3Region, pathStyle: s3PathStyle, sse: s3Sse };
      const isS3Asked = s3 === true || Object.values(store).some((value) => value !== undefined);
      const flags: GivenSettings = isS3Asked ? { ...own, s3: storeIn(store) } : own;
      const { runServe } = await import('../serve.ts');
      await runServe(flags, config);
      // Connections that the SDK keeps must not hold up the end.
      process.exit(0);
    });
}

/** Read like the member `s3` of a configuration file; messages then name the flag. */
function storeIn(store: Readonly<Record<string, unknown>>): GivenSettings['s3'] {
  try {
    return SETTINGS.s3(store, '');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const name = `--s3-${error.field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new ConfigError(name, reasonOf(error));
  }
}
