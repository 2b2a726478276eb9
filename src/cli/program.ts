import { Command } from 'commander';
import { destinationsCommand } from './commands/destinations.ts';
import { flushCommand } from './commands/flush.ts';
import { inferSchemaCommand } from './commands/infer-schema.ts';
import { keysCommand } from './commands/keys.ts';
import { previewCommand } from './commands/preview.ts';
import { putCommand } from './commands/put.ts';
import { serveCommand } from './commands/serve.ts';
import { VERSION } from './version.ts';

/**
 * The command line. What a command does is loaded when it is called, so that `hydrant put` starts without the service.
 * Mistakes are thrown as commander's errors, after it has said what they are.
 */
export function program(): Command {
  const hydrant = new Command('hydrant')
    .description('Amazon Data Firehose that you own: a durable, Firehose-compatible delivery service.')
    .version(VERSION)
    .showHelpAfterError('Run hydrant --help for what there is.')
    .exitOverride();
  const [serve, put, flush] = [serveCommand(), putCommand(), flushCommand()];
  const looks = [previewCommand(), inferSchemaCommand(), destinationsCommand()];
  for (const command of [serve, put, flush, ...looks, keysCommand()]) {
    command.showHelpAfterError(`Run hydrant ${command.name()} --help for what there is.`).exitOverride();
    hydrant.addCommand(command);
  }
  return hydrant;
}
