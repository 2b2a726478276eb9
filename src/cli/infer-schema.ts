import { writeFile } from 'node:fs/promises';
import { ConfigError } from '../core/errors.ts';
import { lines, RECORD_MOST_BYTES } from '../formats/lines.ts';
import { inferTable } from '../local/infer-table.ts';
import { count, counted, size } from './amounts.ts';
import { progress } from './progress.ts';
import { openSource } from './source.ts';

export interface InferSchemaOptions {
  /** Absent or `-`: standard input. */
  readonly file?: string;
  /** `<database>.<table>`. */
  readonly table: string;
  /** Absent: standard output. */
  readonly output?: string;
}

/** Faults of records that are told of one by one. */
const FAULTS_SHOWN = 5;

/**
 * Prints the table that sample records fit, as the member `schemas` of a configuration file; what should be known of it
 * goes to standard error. Resolves with the exit code: 0, or 1 when nothing could be learnt from some of the records.
 */
export async function runInferSchema({ file, table, output }: InferSchemaOptions): Promise<number> {
  const source = await openSource(file, 'file');
  const line = progress(process.stderr, table, source.sizeBytes);
  const tell = (text: string): void => {
    line.end();
    process.stderr.write(`${text}\n`);
  };
  let faults = 0;
  const { columns, notes, records } = await inferTable(
    lines(source.bytes, { recordBytes: RECORD_MOST_BYTES, keepsNewline: false }),
    {
      learnt: ({ records, bytes }) => line.update(bytes, `${count(records)} records  ${size(bytes)}`),
      fault(number, reason) {
        if (++faults <= FAULTS_SHOWN) tell(`line ${count(number)}: ${reason}`);
      },
    },
  );
  line.end();
  if (faults > FAULTS_SHOWN) tell(`… and ${counted(faults - FAULTS_SHOWN, 'line')} more.`);
  for (const note of notes) tell(note);
  if (columns.length === 0) throw new ConfigError('file', 'there is no JSON object in it to make columns of.');
  const text = `${JSON.stringify({ schemas: { [table]: { columns } } }, null, 2)}\n`;
  if (output === undefined) process.stdout.write(text);
  else {
    await writeFile(output, text);
    tell(`${counted(columns.length, 'column')} of ${counted(records, 'record')} in ${output}.`);
  }
  return faults === 0 ? 0 : 1;
}
