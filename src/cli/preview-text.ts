import type { Failure } from '../local/preview/failures.ts';
import type { Outcome, PreviewedObject } from '../local/preview/rehearsal.ts';
import { count, counted, size } from './amounts.ts';
import { hintsOn } from './preview-hints.ts';
import type { Preview } from './preview-json.ts';
import { lineFinder } from './samples.ts';

/** Objects, reasons and lines of functions that are shown; of the rest there is a count. */
const SHOWN_MOST = 10;
const MESSAGE_MOST = 1_000;

/** For eyes: sections with what goes where, the largest first; nothing wider than `width`, save keys. */
export function previewText(preview: Preview, width: number): string {
  const { objects, sent, backups, errorObjects, stuck, said } = preview.outcome;
  const sections = [
    headline(preview),
    ...objectSection('would be delivered, in', objects, width),
    ...(sent ? [sentSection(sent, width)] : []),
    ...objectSection('would be backed up, in', backups, width),
    ...failureSections(preview, width),
    ...objectSection('would be written to the error output, in', errorObjects, width, { hasRows: false }),
    ...stuck
      .slice(0, SHOWN_MOST)
      .map(({ code, message }) => `Would be tried for as long as it takes: ${message} (${code})`),
    ...(said.length === 0 ? [] : [`Functions say:\n${bounded(said, width, '  ')}`]),
    ...hintsOn(preview.outcome).map((hint) => `Hint: ${hint}`),
  ];
  return `${sections.join('\n\n')}\n`;
}

function headline({ streamName, arrivedAt, samples, outcome }: Preview): string {
  const { records, bytes, tooLong, hasMore } = samples;
  const notes = [
    ...(hasMore ? ['The input has more lines than these; they are left out.'] : []),
    ...(records.length === 0 ? ['The input has no lines that can be records.'] : []),
    ...(tooLong > 0 ? [`${counted(tooLong, 'line')} cannot be put, for being longer than a record.`] : []),
    ...droppedNote(outcome, records.length),
  ];
  const at = new Date(arrivedAt).toISOString();
  return [`${streamName}: ${counted(records.length, 'record')} (${size(bytes)}), arriving at ${at}`, ...notes].join(
    '\n',
  );
}

/** What is missing was dropped; but what a processor cut is more records than before. */
function droppedNote({ objects, sent, failures, stuck }: Outcome, put: number): readonly string[] {
  const failed = failures.reduce((sum, { records }) => sum + records.length, 0);
  const missing = put - recordsIn(objects) - (sent?.records ?? 0) - failed;
  return missing > 0 && stuck.length === 0 ? [`${counted(missing, 'record')} would be dropped by processors.`] : [];
}

function recordsIn(objects: readonly PreviewedObject[]): number {
  return objects.reduce((sum, { records }) => sum + records, 0);
}

function objectSection(
  fate: string,
  objects: readonly PreviewedObject[],
  width: number,
  { hasRows = true } = {},
): readonly string[] {
  if (objects.length === 0) return [];
  const shown = objects.slice(0, SHOWN_MOST);
  const rest = objects.slice(SHOWN_MOST);
  const amounts = aligned(shown.map(({ records, bytes }) => [recordsCell(records), size(bytes)]));
  const lines = shown.flatMap(({ bucket, key, contents }, i) => {
    const front = `  ${amounts[i]}  `;
    return [
      `${front}s3://${printable(`${bucket}/${key}`)}`,
      ...(hasRows ? rowLines(contents, front.length, width) : []),
    ];
  });
  const title = `${counted(recordsIn(objects), 'record')} ${fate} ${counted(objects.length, 'object')}:`;
  const more = `  … and ${counted(rest.length, 'object')} more, of ${counted(recordsIn(rest), 'record')}`;
  return [[title, ...lines, ...(rest.length > 0 ? [more] : [])].join('\n')];
}

function rowLines(contents: PreviewedObject['contents'], indent: number, width: number): readonly string[] {
  const front = ' '.repeat(indent);
  if ('unreadable' in contents) return [cut(`${front}(its rows cannot be shown: ${contents.unreadable})`, width)];
  const { rows, rowCount } = contents;
  const rest = rowCount - rows.length;
  return [
    ...rows.map((row) => cut(`${front}${row}`, width)),
    ...(rest > 0 && rows.length > 0 ? [`${front}… ${count(rest)} more`] : []),
  ];
}

function sentSection({ kind, records, bytes, rows }: NonNullable<Outcome['sent']>, width: number): string {
  const title = `${counted(records, 'record')} (${size(bytes)}) would be sent to the ${kind} destination:`;
  const note =
    'Nothing was sent. What it does not take goes to the error output, in the bucket of its S3Configuration.';
  const rest = records - rows.length;
  return [
    title,
    ...rows.map((row) => cut(`  ${row}`, width)),
    ...(rest > 0 && rows.length > 0 ? [`  … ${count(rest)} more`] : []),
    note,
  ].join('\n');
}

function failureSections(preview: Preview, width: number): readonly string[] {
  const { failures } = preview.outcome;
  if (failures.length === 0) return [];
  const total = failures.reduce((sum, { records }) => sum + records.length, 0);
  const shown = failures.slice(0, SHOWN_MOST);
  const rest = failures.slice(SHOWN_MOST);
  const amounts = aligned(shown.map(({ records }) => [recordsCell(records.length)]));
  const lineOf = lineFinder(preview.samples);
  const lines = shown.flatMap((failure, i) =>
    failureLines(failure, { amount: `  ${amounts[i]}  `, lineOf, rowsMost: preview.rowsMost, width }),
  );
  const more = `  … and ${counted(rest.length, 'reason')} more`;
  return [[`${counted(total, 'record')} would fail:`, ...lines, ...(rest.length > 0 ? [more] : [])].join('\n')];
}

interface FailureForm {
  /** What stands before the reason. */
  readonly amount: string;
  readonly lineOf: ReturnType<typeof lineFinder>;
  readonly rowsMost: number;
  readonly width: number;
}

function failureLines(
  { type, code, message, records }: Failure,
  { amount, lineOf, rowsMost, width }: FailureForm,
): readonly string[] {
  const front = ' '.repeat(amount.length);
  const examples = records.slice(0, rowsMost).map((record) => {
    const line = lineOf(record);
    return cut(`${front}${line === undefined ? '' : `line ${count(line)}: `}${record.toString().trimEnd()}`, width);
  });
  const rest = records.length - examples.length;
  return [
    `${amount}${type} (${code})`,
    // Whole, as long as it is a sentence: it is what helps.
    cut(`${front}${message}`, MESSAGE_MOST),
    ...examples,
    ...(rest > 0 && examples.length > 0 ? [`${front}… ${count(rest)} more`] : []),
  ];
}

function bounded(lines: readonly string[], width: number, front: string): string {
  const rest = lines.length - SHOWN_MOST;
  const shown = lines.slice(0, SHOWN_MOST).map((line) => cut(`${front}${line}`, width));
  return [...shown, ...(rest > 0 ? [`${front}… ${count(rest)} more`] : [])].join('\n');
}

/** One record is as wide as several. */
function recordsCell(amount: number): string {
  return counted(amount, 'record').padEnd(count(amount).length + ' records'.length);
}

/** Rows of cells, each column as wide as its widest, to the right. */
function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
}

function cut(text: string, width: number): string {
  // A row may be a MiB; what cannot be seen need not be made printable.
  const line = printable(text.slice(0, width + 1));
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** What a terminal would obey instead of show. */
function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
