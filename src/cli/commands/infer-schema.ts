import { Command } from 'commander';
import { textLike } from '../../local/setting.ts';

const table = textLike(/^[^\s.]+\.[^\s.]+$/, "a database's name and a table's, as in shop.orders");

/** `hydrant infer-schema`: makes a schema of sample records. */
export function inferSchemaCommand(): Command {
  return new Command('infer-schema')
    .description(
      'Print the schema that sample records fit, for conversion to Parquet: the schemas of a configuration file.',
    )
    .argument('[file]', 'sample records in JSON, one a line; standard input when absent or -')
    .requiredOption('--table <name>', 'what the stream calls it: database and table, as in shop.orders')
    .option('-o, --output <file>', 'write it to this file instead of standard output')
    .addHelpText('after', HELP)
    .action(async (file: string | undefined, options: { table: string; output?: string }) => {
      const { runInferSchema } = await import('../infer-schema.ts');
      process.exitCode = await runInferSchema({
        table: table(options.table, '--table'),
        ...(file !== undefined && { file }),
        ...(options.output !== undefined && { output: options.output }),
      });
    });
}

const HELP = `
Every sample record fits the schema, as the OpenX JSON SerDe reads it. Whole numbers are bigint, others double; texts
that all look like dates or times are date or timestamp; where records differ the type is string. Look it over: what
the samples do not hold, the schema does not know.

Exit code: 0, 1 when nothing could be learnt from some of the lines, 2 when there is no schema.`;
