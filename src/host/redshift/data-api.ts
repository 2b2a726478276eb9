import type { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import type { Database, StatementState, Statements } from '../../../destinations/redshift/warehouse.ts';
import { awsCredentials } from '../aws/credentials.ts';
import type { Credentials } from '../aws/signature.ts';
import { isForgotten, redshiftError } from './data-api-error.ts';

export interface DataApiSettings {
  /** The URL of what speaks the API of Redshift Data; absent for AWS. */
  readonly endpoint?: string;
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: () => Promise<Credentials>;
}

type Sdk = typeof import('@aws-sdk/client-redshift-data');

const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;
/** Statements of one name are those of one attempt; what else has its name for a prefix is none of ours. */
const FOUND_MOST = 100;

/**
 * Redshift's Data API, by AWS's own client, which the first statement loads. Every request is sent once: whether it is
 * sent again is for the destination to say.
 */
export function redshiftDataApi({ endpoint, credentials }: DataApiSettings): Statements {
  const find = credentials ?? awsCredentials({ isEmulator: endpoint !== undefined });
  const clients = new Map<string, RedshiftDataClient>();
  let loading: Promise<Sdk> | undefined;

  async function ask<T>(
    { region }: Database,
    what: string,
    signal: AbortSignal,
    send: (client: RedshiftDataClient, sdk: Sdk) => Promise<T>,
  ): Promise<T> {
    loading ??= import('@aws-sdk/client-redshift-data');
    const sdk = await loading;
    const client = clients.get(region) ?? new sdk.RedshiftDataClient(configOf(region));
    clients.set(region, client);
    signal.throwIfAborted();
    try {
      return await send(client, sdk);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw redshiftError(error, `${what} in ${region}`);
    }
  }

  function configOf(region: string) {
    return {
      region,
      credentials: async () => {
        const { accessKeyId, secretAccessKey, sessionToken } = await find();
        return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
      },
      ...(endpoint !== undefined && { endpoint }),
      maxAttempts: 1,
      requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
    };
  }

  return {
    begin: (at, { sql, name, token }, abortSignal) =>
      ask(at, `ExecuteStatement for ${addressOf(at)}`, abortSignal, async (client, { ExecuteStatementCommand }) => {
        const user = at.user === undefined ? {} : { DbUser: at.user };
        const secret = at.secretArn === undefined ? {} : { SecretArn: at.secretArn };
        const input = { ...placeOf(at), ...user, ...secret, Sql: sql, StatementName: name, ClientToken: token };
        const { Id } = await client.send(new ExecuteStatementCommand(input), { abortSignal });
        if (Id === undefined) throw new Error('the answer names no statement');
        return Id;
      }),

    find: (at, name, abortSignal) =>
      ask(at, `ListStatements for ${addressOf(at)}`, abortSignal, async (client, { ListStatementsCommand }) => {
        const input = { ...placeOf(at), StatementName: name, Status: 'ALL' as const, MaxResults: FOUND_MOST };
        const { Statements = [] } = await client.send(new ListStatementsCommand(input), { abortSignal });
        return Statements.find(({ StatementName }) => StatementName === name)?.Id;
      }),

    async state(at, id, abortSignal): Promise<StatementState> {
      const described = await ask(at, `DescribeStatement ${id}`, abortSignal, (client, { DescribeStatementCommand }) =>
        client.send(new DescribeStatementCommand({ Id: id }), { abortSignal }).catch(unlessForgotten),
      );
      const { Status, Error: said } = described ?? { Status: 'FORGOTTEN' };
      if (Status === 'FORGOTTEN') return { is: 'forgotten' };
      if (Status === 'FINISHED') return { is: 'finished' };
      if (Status === 'FAILED' || Status === 'ABORTED') return { is: 'failed', message: said ?? `It is ${Status}.` };
      return { is: 'running' };
    },

    rows: (at, id, abortSignal) =>
      ask(at, `GetStatementResult ${id}`, abortSignal, async (client, { GetStatementResultCommand }) => {
        const { Records = [] } = await client.send(new GetStatementResultCommand({ Id: id }), { abortSignal });
        return Records.map((row) => row.map(({ stringValue, longValue }) => String(stringValue ?? longValue ?? '')));
      }),
  };
}

function placeOf(at: Database) {
  const warehouse = 'cluster' in at ? { ClusterIdentifier: at.cluster } : { WorkgroupName: at.workgroup };
  return { ...warehouse, Database: at.database };
}

/** For messages. */
function addressOf(at: Database): string {
  return `${at.database} of ${'cluster' in at ? `the cluster ${at.cluster}` : `the workgroup ${at.workgroup}`}`;
}

function unlessForgotten(error: unknown): undefined {
  if (!isForgotten(error)) throw error;
}
