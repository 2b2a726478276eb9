import { Command } from 'commander';
import { DEFAULT_ENDPOINT } from '../client.ts';

/** `hydrant flush`: has a running service deliver now. */
export function flushCommand(): Command {
  return new Command('flush')
    .description('Deliver now what is buffered, of one stream or of all, without waiting for buffering hints.')
    .argument('[stream]', "the delivery stream's name; all when absent")
    .option('--endpoint <url>', 'where Hydrant listens', DEFAULT_ENDPOINT)
    .action(async (streamName: string | undefined, { endpoint }) => {
      const { runFlush } = await import('../flush.ts');
      process.exitCode = await runFlush({ ...(streamName !== undefined && { streamName }), endpoint });
    });
}
