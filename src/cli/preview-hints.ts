import type { Outcome } from '../local/preview/rehearsal.ts';
import { count, counted } from './amounts.ts';

/** What people mostly did not mean, with the way out. */
export function hintsOn({ objects, backups }: Pick<Outcome, 'objects' | 'backups'>): readonly string[] {
  let fused = 0;
  let rows = 0;
  let blankLines = 0;
  for (const { records, contents } of [...objects, ...backups]) {
    if ('unreadable' in contents) continue;
    blankLines += contents.blankLines;
    if (contents.rowCount >= records) continue;
    fused += records;
    rows += contents.rowCount;
  }
  return [
    ...(fused > rows ? [`${count(fused)} records run together in ${counted(rows, 'line')}. ${RUN_TOGETHER}`] : []),
    ...(blankLines > 0 ? [`${counted(blankLines, 'line')} ${blankLines === 1 ? 'is' : 'are'} blank. ${BLANK}`] : []),
  ];
}

const RUN_TOGETHER =
  'Firehose puts nothing between records: end each in a line feed, or give the stream "Hydrant": { "Delimiter": "if-missing" }.';
const BLANK =
  'Records end in a line feed of their own and get another: leave one of them out, or give the stream "Hydrant": { "Delimiter": "if-missing" }.';
