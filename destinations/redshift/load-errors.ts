import { quotedText } from '../../src/formats/copy-command.ts';

/** Longer names are cut in Redshift's table. */
const FILE_NAME_MOST = 256;

/**
 * Asks why an object could not be loaded. The table is there in clusters and in workgroups, and shows everybody their
 * own errors. https://docs.aws.amazon.com/redshift/latest/dg/SYS_LOAD_ERROR_DETAIL.html
 */
export function loadErrorsQuery(url: string): string {
  return (
    'SELECT line_number, TRIM(column_name), TRIM(column_type), error_code, TRIM(error_message) ' +
    `FROM sys_load_error_detail WHERE TRIM(file_name) = ${quotedText(url.slice(0, FILE_NAME_MOST))} ` +
    'ORDER BY start_time DESC, line_number LIMIT 1'
  );
}

/** The first load error as a sentence; empty when there is none. */
export function loadErrorIn([row]: readonly (readonly string[])[]): string {
  if (row === undefined) return '';
  const [line = '', column = '', type = '', code = '', message = ''] = row;
  const inColumn = column === '' ? '' : `, column ${column}${type === '' ? '' : ` (${type})`}`;
  return `Line ${line}${inColumn}: ${message} (error ${code}).`;
}
