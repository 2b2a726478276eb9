import { Command, InvalidArgumentError, Option } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { durationMs, reasonOf, type Setting, wholeNumber } from '../local/setting.ts';
import { type GivenSettings, SETTINGS } from '../local/settings.ts';
import { VERSION } from './version.ts';

const DEFAULT_ENDPOINT = 'http://127.0.0.1:4573';
/** AWS's limits of one PutRecordBatch. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const BATCH_MOST_RECORDS = 500;
const BATCH_MOST_BYTES = 4 * 1024 * 1024;
const CONCURRENCY_MOST = 64;
const LONGEST_RETRY_MS = 24 * 3_600_000;

/**
 * The command line. What a command does is loaded when it is called, so that `hydrant put` starts without the service.
 */
export function program(): Command {
  return new Command('hydrant')
    .description('Amazon Data Firehose that you own: a durable, Firehose-compatible delivery service.')
    .version(VERSION)
    .showHelpAfterError('Run with --help for what there is.')
    .exitOverride()
    .addCommand(serveCommand())
    .addCommand(putCommand())
    .addCommand(flushCommand());
}

function serveCommand(): Command {
  return subcommand('serve')
    .description('Run the service. Settings also come from hydrant.config.ts, .js or .json in the current folder.')
    .option('-c, --config <file>', 'configuration file')
    .addOption(flag('--port <number>', 'port to listen on; 0 takes a free one (default: 4573)', SETTINGS.port, digits))
    .addOption(flag('--host <address>', 'address to listen on (default: 127.0.0.1)', SETTINGS.host))
    .addOption(flag('--data <folder>', 'data folder (default: ./data)', SETTINGS.data))
    .addOption(
      flag(
        '--buffer-budget <size>',
        'disk space for the buffer (default: 10GiB, at most half of what is free)',
        SETTINGS.bufferBudget,
      ),
    )
    .addOption(
      flag(
        '--fsync <mode>',
        'always: a put is answered once it is on the disk; interval: once the system has it',
        SETTINGS.fsync,
      ),
    )
    .addOption(flag('--account-id <digits>', 'account in ARNs (default: 000000000000)', SETTINGS.accountId))
    .addOption(flag('--region <name>', 'region of clients that name none (default: us-east-1)', SETTINGS.region))
    .addOption(
      flag('--transition <time>', 'how long streams stay CREATING and DELETING (default: 0)', SETTINGS.transition),
    )
    .option('--strict-destinations', 'refuse streams whose destination this version cannot deliver to')
    .option('--s3', 'put objects to Amazon S3 instead of folders')
    .option('--s3-endpoint <url>', 'put objects to this S3-compatible store')
    .option('--s3-region <name>', "the store's region (default: --region)")
    .option('--s3-path-style', 'the bucket goes into the path (default with --s3-endpoint)')
    .option('--no-s3-path-style', 'the bucket goes into the host name')
    .addOption(
      flag(
        '--log-level <level>',
        'trace, debug, info, warn, error, fatal or silent (default: info)',
        SETTINGS.logLevel,
      ),
    )
    .option('--insecure', 'listen beyond this machine although nothing checks who calls')
    .action(async ({ config, s3, s3Endpoint, s3Region, s3PathStyle, ...own }) => {
      const store = { endpoint: s3Endpoint, region: s3Region, pathStyle: s3PathStyle };
      const isS3Asked = s3 === true || Object.values(store).some((value) => value !== undefined);
      const flags: GivenSettings = isS3Asked ? { ...own, s3: storeFlags(store) } : own;
      const { runServe } = await import('./serve.ts');
      await runServe(flags, config);
      // Connections that the SDK keeps must not hold up the end.
      process.exit(0);
    });
}

/** Read like the member `s3` of a configuration file; messages then name the flag. */
function storeFlags(store: Readonly<Record<string, unknown>>): GivenSettings['s3'] {
  try {
    return SETTINGS.s3(store, '');
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const flagName = `--s3-${error.field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new ConfigError(flagName, reasonOf(error));
  }
}

function putCommand(): Command {
  return subcommand('put')
    .description('Send each line of a file, or of standard input, as a record. What is refused for now is sent again.')
    .argument('<stream>', "the delivery stream's name")
    .argument('[file]', 'file to read; standard input when absent or -')
    .option('--endpoint <url>', 'where Hydrant listens', DEFAULT_ENDPOINT)
    .addOption(
      flag('--batch-records <number>', 'records in one call', wholeNumber(1, BATCH_MOST_RECORDS), digits).default(
        BATCH_MOST_RECORDS,
      ),
    )
    .addOption(
      flag(
        '--batch-bytes <number>',
        'bytes in one call, before base64',
        wholeNumber(1_024_000, BATCH_MOST_BYTES),
        Number,
      ).default(BATCH_MOST_BYTES),
    )
    .addOption(
      flag(
        '--concurrency <number>',
        'calls at once; 1 keeps the order of lines',
        wholeNumber(1, CONCURRENCY_MOST),
        Number,
      ).default(4),
    )
    .addOption(
      flag('--retry-for <time>', 'how long to try without any progress', durationMs(LONGEST_RETRY_MS)).default(
        120_000,
        '2m',
      ),
    )
    .option(
      '--no-newline',
      'send lines without the newline that ends them; by default they keep it, so that objects are lines too',
    )
    .action(async (streamName: string, file: string | undefined, options) => {
      const { endpoint, batchRecords, batchBytes, concurrency, retryFor, newline } = options;
      const { runPut } = await import('./put.ts');
      process.exitCode = await runPut({
        streamName,
        ...(file !== undefined && { file }),
        endpoint,
        batch: { records: batchRecords, bytes: batchBytes },
        concurrency,
        retryForMs: retryFor,
        keepsNewline: newline,
      });
    });
}

function flushCommand(): Command {
  return subcommand('flush')
    .description('Deliver now what is buffered, of one stream or of all, without waiting for buffering hints.')
    .argument('[stream]', "the delivery stream's name; all when absent")
    .option('--endpoint <url>', 'where Hydrant listens', DEFAULT_ENDPOINT)
    .action(async (streamName: string | undefined, { endpoint }) => {
      const { runFlush } = await import('./flush.ts');
      process.exitCode = await runFlush({ ...(streamName !== undefined && { streamName }), endpoint });
    });
}

function subcommand(name: string): Command {
  return new Command(name).exitOverride().showHelpAfterError(`Run hydrant ${name} --help for what there is.`);
}

/** The number that the text is, or the text, for the setting to refuse. */
function digits(text: string): number | string {
  return /^\d{1,15}$/.test(text) ? Number(text) : text;
}

/** A flag whose text is read like the setting of a configuration file. */
function flag(
  flags: string,
  description: string,
  setting: Setting<unknown>,
  convert?: (text: string) => unknown,
): Option {
  const [name = flags] = flags.split(' ');
  return new Option(flags, description).argParser((text: string) => {
    try {
      return setting(convert === undefined ? text : convert(text), name);
    } catch (error) {
      throw error instanceof ConfigError ? new InvalidArgumentError(`It ${reasonOf(error)}`) : error;
    }
  });
}
