import { createRequire } from 'node:module';
import { type Copy, objectsIn, parsedCopy } from '../destinations/redshift-copy.ts';
import { type DataApi, dataApi, type Ran } from '../destinations/redshift-data-api.ts';
import { farSide } from '../kit/far-side.ts';
import type { Database } from './postgres.ts';

/** What is used of the package, which brings no types. */
interface Client {
  connect(): Promise<void>;
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
  query(asked: { text: string; rowMode: 'array' }): Promise<{ readonly rows: readonly (readonly unknown[])[] }>;
  end(): Promise<void>;
}
const { Client: PgClient } = createRequire(import.meta.url)('pg') as {
  readonly Client: new (to: { host: string; port: number; user: string; database: string }) => Client;
};

export interface RedshiftEmulator {
  readonly url: string;
  readonly api: DataApi;
  /** Runs a statement, as a person would in an editor. */
  run(sql: string): Promise<Ran>;
  close(): Promise<void>;
}

export interface EmulatorPorts {
  readonly database: Database;
  /** An object, as its bucket has it. */
  readonly read: (bucket: string, key: string) => Promise<Buffer | undefined>;
  /**
   * Around each request of the API, by its action: `serve` does what it asks for. Throws where nobody gets an answer.
   */
  readonly around?: <T>(action: string, serve: () => Promise<T>) => Promise<T>;
}

/**
 * Redshift behind its Data API, in PostgreSQL, which has the SQL but not COPY from a bucket: that is read here, and its
 * rows are inserted in one transaction. A row that does not fit undoes it, and stands in `sys_load_error_detail`.
 */
export async function redshiftEmulator({ database, read, around }: EmulatorPorts): Promise<RedshiftEmulator> {
  database.query(LOAD_ERRORS);

  const connected = async <T>(work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new PgClient({ host: '127.0.0.1', port: database.port, user: 'loader', database: 'postgres' });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  const run = async (sql: string): Promise<Ran> => {
    try {
      return await connected((client) =>
        sql.startsWith('COPY') ? copy(client, parsedCopy(sql)) : select(client, sql),
      );
    } catch (error) {
      return { error: `ERROR: ${error instanceof Error ? error.message : error}` };
    }
  };

  async function copy(client: Client, asked: Copy): Promise<Ran> {
    const table = asked.table.at(-1) ?? '';
    const columns = await columnsOf(client, asked);
    const objects = await objectsIn(asked, read);
    const names = columns.map((name) => `"${name}"`).join(', ');
    const places = columns.map((_, i) => `$${i + 1}`).join(', ');
    const insert = `INSERT INTO "${table}" (${names}) VALUES (${places})`;
    await client.query('BEGIN');
    for (const { url, body } of objects) {
      for (const [i, line] of `${body}`.split('\n').entries()) {
        if (line === '') continue;
        try {
          await client.query(insert, valuesIn(line, columns, asked.options));
        } catch (error) {
          await client.query('ROLLBACK');
          await client.query(NOTE_ERROR, [url, i + 1, ...said(error)]);
          throw new Error(
            `Load into table '${table}' failed.  Check 'sys_load_error_detail' system table for details.`,
          );
        }
      }
    }
    await client.query('COMMIT');
    return {};
  }

  const api = dataApi(run);
  const far = await farSide(async (request, response) => {
    const action = String(request.headers['x-amz-target']).replace(/^RedshiftData\./, '');
    const serve = () => api.answer(request);
    try {
      const { status, headers, body } = await (around === undefined ? serve() : around(action, serve));
      if (!response.destroyed) response.writeHead(status, headers).end(body);
    } catch {
      response.destroy();
    }
  });
  return { url: far.url, api, run, close: far.close };
}

/** Redshift's columns, as far as they are asked for. */
const LOAD_ERRORS = `
  CREATE TABLE sys_load_error_detail (
    start_time timestamp DEFAULT clock_timestamp(), file_name character(256), line_number bigint,
    column_name character(127), column_type character(10), error_code integer, error_message character(512)
  )`;

const NOTE_ERROR = `
  INSERT INTO sys_load_error_detail (file_name, line_number, error_code, error_message, column_name, column_type)
  VALUES ($1, $2, $3, $4, $5, $6)`;

async function columnsOf(client: Client, { table, columns }: Copy): Promise<readonly string[]> {
  const name = table.at(-1) ?? '';
  const { rows } = await client.query(
    'SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND column_default IS NULL ORDER BY ordinal_position',
    [name],
  );
  if (rows.length === 0) throw new Error(`Cannot COPY into nonexistent table ${name}`);
  const known = rows.map(({ column_name }) => String(column_name));
  const strange = columns.find((column) => !known.includes(column));
  if (strange !== undefined) throw new Error(`column "${strange}" of relation "${name}" does not exist`);
  return columns.length === 0 ? known : columns;
}

/** One row, in the formats that are tested: lines of JSON, or values with a sign between them. */
function valuesIn(line: string, columns: readonly string[], options: readonly string[]): readonly (string | null)[] {
  if (options.includes('JSON')) {
    const values = JSON.parse(line) as Record<string, unknown>;
    return columns.map((column) => (values[column] === undefined ? null : String(values[column])));
  }
  const delimiter = options[options.indexOf('DELIMITER') + 1] ?? '|';
  const values = line.split(options.includes('DELIMITER') ? delimiter : '|');
  if (values.length > columns.length) throw Object.assign(new Error('Extra column(s) found'), { code: EXTRA_COLUMNS });
  return columns.map((_, i) => values[i] ?? null);
}

const EXTRA_COLUMNS = 'extra columns';

/** https://docs.aws.amazon.com/redshift/latest/dg/r_Load_Error_Reference.html */
const CODES: Readonly<Record<string, number>> = {
  [EXTRA_COLUMNS]: 1202,
  '22001': 1204,
  '22007': 1206,
  '22P02': 1207,
  '23502': 1213,
};

/** Code, message, column and its type. */
function said(error: unknown): readonly (string | number)[] {
  const {
    code = '',
    message,
    column = '',
    dataType = '',
  } = error as {
    readonly code?: string;
    readonly message: string;
    readonly column?: string;
    readonly dataType?: string;
  }; // what pg and JSON.parse throw
  return [CODES[code] ?? 1214, message.slice(0, 512), column, dataType];
}

/** By their places: columns that are made of others may have one name. */
async function select(client: Client, text: string): Promise<Ran> {
  const { rows } = await client.query({ text, rowMode: 'array' });
  return { rows: rows.map((row) => row.map((value) => (typeof value === 'number' ? value : String(value ?? '')))) };
}
