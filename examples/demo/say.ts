import { dirname, join, relative } from 'node:path';
import { counted } from '../../src/cli/amounts.ts';
import { BUCKET } from './streams.ts';

const isTerminal = process.stdout.isTTY === true;
const bold = (text: string): string => (isTerminal ? `\x1b[1m${text}\x1b[22m` : text);
const green = (text: string): string => (isTerminal ? `\x1b[32m${text}\x1b[39m` : text);
const dim = (text: string): string => (isTerminal ? `\x1b[2m${text}\x1b[22m` : text);

const COLUMN = 16;
const FOLDER_COLUMN = 50;
const COMMAND_COLUMN = 74;

export function say(title: string): void {
  process.stdout.write(`\n  ${bold(title)}\n\n`);
}

export function sayDone(what: string, details: string): void {
  process.stdout.write(`  ${green('✓')} ${bold(what.padEnd(COLUMN))} ${details}\n`);
}

/** Where everything is, and what a new user may want to do next. */
export function sayNext(found: { readonly dataFolder: string; readonly objects: readonly string[] }): void {
  const { dataFolder, objects } = found;
  const bucket = join(dataFolder, 'buckets', BUCKET);
  const hint = (command: string, comment: string): string => `  ${command.padEnd(COMMAND_COLUMN)} ${dim(comment)}`;
  const lines = [
    bold(bucket),
    ...foldersOf(objects, bucket),
    '',
    bold('Look inside'),
    `  cd ${bucket} && gunzip -c orders/*/*/*/*/*.gz | head -3`,
    '',
    bold('Try next'),
    hint(`npx hydrant serve --data ${dataFolder}`, 'these streams, on port 4573'),
    hint('aws firehose list-delivery-streams --endpoint-url http://127.0.0.1:4573', 'while it runs'),
    hint('README.md', 'ten lines with the AWS CLI, configuration, durability'),
    hint(`rm -r ${dirname(dataFolder)}`, 'when you have seen enough'),
  ];
  process.stdout.write(`\n${lines.map((line) => `  ${line}`).join('\n')}\n\n`);
}

function foldersOf(objects: readonly string[], bucket: string): readonly string[] {
  const counts = new Map<string, number>();
  for (const object of objects) {
    const folder = relative(bucket, dirname(object));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts].map(
    ([folder, count]) => `  ${`${folder}/`.padEnd(FOLDER_COLUMN)} ${dim(counted(count, 'object'))}`,
  );
}
