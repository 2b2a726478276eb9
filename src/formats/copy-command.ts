import { isJsonObject, type JsonObject } from '../core/json.ts';

/** What a statement is made of besides what a stream's CopyCommand says. */
export interface CopySource {
  /** The manifest's URL, `s3://…`. */
  readonly manifest: string;
  /** The role with which the warehouse reads the bucket. */
  readonly roleArn: string;
}

/**
 * The COPY of a stream's CopyCommand. Names and texts are quoted, so that nothing in them can be read as SQL. The
 * options stand there as they are, as on AWS, and come last; `copyCommandProblem` has seen to it that they are nothing
 * else.
 */
export function copyStatement(command: JsonObject, { manifest, roleArn }: CopySource): string {
  const { table, columns, options } = partsOf(command);
  const listed = columns.length === 0 ? '' : ` (${columns.map(quotedName).join(', ')})`;
  const from = `FROM ${quotedText(manifest)} CREDENTIALS ${quotedText(`aws_iam_role=${roleArn}`)} MANIFEST`;
  return `COPY ${table.map(quotedName).join('.')}${listed} ${from}${options === '' ? '' : ` ${options}`}`;
}

/** Why no COPY can be made of a CopyCommand, as a sentence that names the member; undefined when one can. */
export function copyCommandProblem(command: JsonObject): string | undefined {
  const { DataTableName, DataTableColumns, CopyOptions } = textsOf(command);
  const table = namesIn(DataTableName, '.');
  if (table === undefined || table.length > TABLE_NAME_PARTS_MOST) {
    return (
      'CopyCommand.DataTableName must be the name of a table, with its schema and its database before it if need be: ' +
      'schema.table. A name with other characters than letters, digits and _ is put in double quotes.'
    );
  }
  if (DataTableColumns !== '' && namesIn(DataTableColumns, ',') === undefined) {
    return 'CopyCommand.DataTableColumns must be names of columns with commas between them, as in: id, name, "total $".';
  }
  if (OPTIONS.test(withoutSemicolon(CopyOptions))) return undefined;
  return (
    'CopyCommand.CopyOptions must hold options of COPY and nothing else: no semicolon and no comment outside of quotes, ' +
    'and an end to every quote.'
  );
}

/** Database, schema, table. */
const TABLE_NAME_PARTS_MOST = 3;

/**
 * Texts and quoted names, in which anything may stand, and between them anything but the start of a comment or the end
 * of a statement. Redshift takes a backslash in a text for an escape.
 */
const OPTIONS = /^(?:[^'"\\;\-/\0]|'(?:[^'\\\0]|\\[^\0])*'|"[^"\0]*"|-(?!-)|\/(?!\*))*$/s;

function partsOf(command: JsonObject) {
  const { DataTableName, DataTableColumns, CopyOptions } = textsOf(command);
  return {
    table: namesIn(DataTableName, '.') ?? [DataTableName],
    columns: namesIn(DataTableColumns, ',') ?? [],
    options: withoutSemicolon(CopyOptions),
  };
}

function textsOf({ DataTableName, DataTableColumns, CopyOptions }: JsonObject) {
  const text = (value: unknown) => (typeof value === 'string' ? value.trim() : '');
  return {
    DataTableName: text(DataTableName),
    DataTableColumns: text(DataTableColumns),
    CopyOptions: text(CopyOptions),
  };
}

/** At the end of a statement it changes nothing, and people are used to it. */
function withoutSemicolon(options: string): string {
  return options.replace(/[;\s]+$/, '');
}

const NAME = /^\s*(?:"((?:[^"\0]|"")+)"|([^"'\s.,;()\\\0]+))\s*/;

/**
 * Names as the warehouse takes them, without quotes; undefined when the text is something else. Outside of quotes it
 * does not tell upper from lower case.
 */
function namesIn(text: string, separator: '.' | ','): readonly string[] | undefined {
  const names: string[] = [];
  for (let rest = text; ; ) {
    const [all, quoted, plain = ''] = NAME.exec(rest) ?? [];
    if (all === undefined) return undefined;
    names.push(quoted?.replaceAll('""', '"') ?? plain.replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
    rest = rest.slice(all.length);
    if (rest === '') return names;
    if (!rest.startsWith(separator)) return undefined;
    rest = rest.slice(1);
  }
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Redshift takes a backslash in a text for an escape. */
export function quotedText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** The stream's CopyCommand. */
export function copyCommandIn({ CopyCommand }: JsonObject): JsonObject {
  return isJsonObject(CopyCommand) ? CopyCommand : {};
}
