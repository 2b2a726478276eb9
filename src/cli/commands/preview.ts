import { Command } from 'commander';
import { instant, wholeNumber } from '../../local/setting.ts';
import { type Flag, flag } from '../flag.ts';

const ROWS_MOST = 1_000;

const FLAGS: readonly Flag[] = [
  {
    flags: '--rows <number>',
    description: 'rows of an object, and records of a failure, to show',
    setting: wholeNumber(0, ROWS_MOST),
    byDefault: 3,
  },
  {
    flags: '--time <time>',
    description: 'when the records arrive, such as 2026-01-15T12:30:00Z (default: now); prefixes are made of it',
    setting: instant,
  },
];

/** `hydrant preview`: shows what would become of records. */
export function previewCommand(): Command {
  const command = new Command('preview')
    .description(
      "Show what a stream makes of sample records: the objects with their keys and first rows, and each failure's reason.",
    )
    .option('--stream <file>', 'the stream: an input of CreateDeliveryStream in JSON; - is standard input')
    .option('--stream-name <name>', 'the stream of this name in the configuration file')
    .requiredOption('--input <file>', 'sample records, one a line; - is standard input')
    .option('-c, --config <file>', 'configuration file, for functions and schemas (default: as for serve)');
  for (const each of FLAGS) command.addOption(flag(each));
  return command
    .option('--no-newline', 'take lines without the newline that ends them; they keep it, as with hydrant put')
    .option('--json', 'print JSON, with all objects')
    .addHelpText('after', HELP)
    .action(async ({ stream, streamName, input, config, rows, time, newline, json }) => {
      const { runPreview } = await import('../preview.ts');
      process.exitCode = await runPreview({
        ...{ streamFile: stream, streamName, inputFile: input, configFile: config },
        ...{ rowsMost: rows, arrivedAt: time ?? Date.now(), keepsNewline: newline, asJson: json === true },
      });
    });
}

const HELP = `
The records take the way that they take in hydrant serve: validation, processors, partitioning, conversion,
compression. Nothing is delivered, and no data folder, bucket or destination is touched. Functions that the stream
names are really called: modules of the configuration file, and others where it says lambda.

All records arrive at once, so objects are cut by size alone. Exit code: 0 when every record was delivered or
dropped, 1 when some fail, 2 when the stream or the configuration is wrong.`;
