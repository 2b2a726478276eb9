import assert from 'node:assert';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';

/** Redshift as this host reaches it. */
export interface Warehouses {
  /** Its Data API. */
  readonly statements: Statements;
  /** Where the Data API is asked, in place of the region that the JDBC URL's host name says. */
  readonly region?: string;
  /** What COPY reads the bucket with, in place of the stream's own role. */
  readonly role?: string;
  /** Warehouses whose name is not the first part of the JDBC URL's host name, by that host name. */
  readonly named?: Readonly<Record<string, WarehouseName>>;
}

export type WarehouseName = { readonly cluster: string } | { readonly workgroup: string };

/** A database, and who speaks to it. Stored with what was begun there, so it holds no secret. */
export type Database = WarehouseName & {
  readonly region: string;
  readonly database: string;
  /** Of a cluster: for whom the Data API gets credentials of its own. Without one it speaks as the caller. */
  readonly user?: string;
  /** The ARN of a secret of AWS Secrets Manager, which the Data API reads. */
  readonly secretArn?: string;
};

/** A statement to be run. */
export interface Statement {
  readonly sql: string;
  /** By which it is found again. */
  readonly name: string;
  /** Two statements with one token are one. The Data API remembers it for eight hours. */
  readonly token: string;
}

/**
 * What Redshift's Data API does. Each rejects with a `DeliveryError` (`Redshift.…`), `refused` when it certainly did
 * not begin the statement, or with the signal's reason.
 */
export interface Statements {
  /** Resolves with the statement's id once it has begun. */
  begin(at: Database, statement: Statement, signal: AbortSignal): Promise<string>;
  /** The id of the statement that has begun under this name within the last day; undefined when there is none. */
  find(at: Database, name: string, signal: AbortSignal): Promise<string | undefined>;
  state(at: Database, id: string, signal: AbortSignal): Promise<StatementState>;
  /** The first rows of a query that has finished, their values as texts. */
  rows(at: Database, id: string, signal: AbortSignal): Promise<readonly (readonly string[])[]>;
}

/** `forgotten`: it is not known any more, or never was. */
export type StatementState =
  | { readonly is: 'running' | 'finished' | 'forgotten' }
  | { readonly is: 'failed'; readonly message: string };

const JDBC_URL = /^jdbc:\w+:\/\/([^:/]+):\d+\/(.+)$/;

/**
 * Where a stream's COPY runs. AWS's host names say the name of the warehouse and its region:
 * `<cluster>.<account's own>.<region>.redshift.amazonaws.com` and
 * `<workgroup>.<account>.<region>.redshift-serverless.amazonaws.com`.
 *
 * The Data API takes no passwords. The user of a cluster is the stream's, for whom it makes credentials; in a workgroup
 * it speaks as the caller; a secret holds either's.
 */
export function databaseOf(config: JsonObject, streamArn: string, { region, named = {} }: Warehouses): Database {
  const { ClusterJDBCURL, Username, SecretsManagerConfiguration: secret } = config;
  assert(typeof ClusterJDBCURL === 'string', 'a stored Redshift destination has a JDBC URL');
  const [, host = '', database = ''] = JDBC_URL.exec(ClusterJDBCURL) ?? [];
  const [first = '', , itsRegion, service] = host.split('.');
  const isServerless = host.includes('.redshift-serverless.');
  const itself = isServerless ? { workgroup: first } : { cluster: first };
  const name = Object.hasOwn(named, host) ? (named[host] ?? itself) : itself;
  const [, , , streamRegion = ''] = streamArn.split(':');
  const isAws = service === 'redshift' || service === 'redshift-serverless';
  const secretArn = isJsonObject(secret) && secret.Enabled === true ? String(secret.SecretARN) : undefined;
  return {
    ...name,
    region: region ?? (isAws && itsRegion !== undefined ? itsRegion : streamRegion),
    database,
    ...(secretArn !== undefined && { secretArn }),
    ...(secretArn === undefined && 'cluster' in name && typeof Username === 'string' && { user: Username }),
  };
}

/** One that comes back from the buffer is one that `databaseOf` made. */
export function readDatabase(stored: JsonValue | undefined): Database {
  assert(isJsonObject(stored), 'a stored database is an object');
  const { cluster, workgroup, region, database } = stored;
  assert(typeof region === 'string' && typeof database === 'string', 'a stored database has its region and name');
  assert(typeof cluster === 'string' || typeof workgroup === 'string', 'a stored database has its warehouse');
  return stored as unknown as Database; // of which these are all that must be there
}
