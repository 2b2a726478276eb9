import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { FarAnswer, FarRequest } from '../kit/far-side.ts';

/** What a statement comes to: the rows of a query, or Redshift's words on why it failed. */
export type Ran = { readonly rows?: readonly (readonly (string | number)[])[] } | { readonly error: string };

export interface RunStatement {
  readonly id: string;
  readonly name: string;
  readonly sql: string;
  /** ClusterIdentifier or WorkgroupName, Database, DbUser, SecretArn. */
  readonly at: JsonObject;
  readonly ran: Promise<Ran>;
  /** Undefined while it runs. */
  outcome?: Ran;
}

/** An answer of the API, or an error of it. */
interface Said {
  readonly status: number;
  readonly body: JsonObject;
}

export interface DataApi {
  /** All that have begun, in order. */
  readonly statements: readonly RunStatement[];
  /** The actions that were asked for. */
  readonly asked: readonly { readonly action: string; readonly input: JsonObject }[];
  answer(request: FarRequest): Promise<FarAnswer>;
  /** Eight hours have passed. */
  forgetTokens(): void;
}

/**
 * Redshift's Data API as far as a loader sees it: statements begin when they are asked for and end by themselves;
 * those with one token are one. It refuses what AWS refuses: two kinds of credentials, and more than one statement.
 * https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ExecuteStatement.html
 */
export function dataApi(run: (sql: string, at: JsonObject) => Promise<Ran>): DataApi {
  const statements: RunStatement[] = [];
  const byToken = new Map<string, { readonly asked: string; readonly id: string }>();
  const asked: { action: string; input: JsonObject }[] = [];

  function execute(input: JsonObject): Said {
    const { Sql, StatementName, ClientToken, ...at } = input;
    const problem = problemWith(input);
    if (problem !== undefined) return refusal('ValidationException', problem);
    const known = byToken.get(String(ClientToken));
    if (known !== undefined && known.asked !== JSON.stringify(input)) {
      return refusal('ValidationException', 'The idempotent token was used for another statement.');
    }
    if (known !== undefined) return { status: 200, body: { Id: known.id } };
    const id = `statement-${statements.length + 1}`;
    byToken.set(String(ClientToken), { asked: JSON.stringify(input), id });
    const ran = run(String(Sql), at).catch((error: unknown) => ({ error: `ERROR: ${error}` }));
    const statement: RunStatement = { id, name: String(StatementName), sql: String(Sql), at, ran };
    statements.push(statement);
    void ran.then((outcome) => {
      statement.outcome = outcome;
    });
    return { status: 200, body: { Id: id } };
  }

  function describe({ Id }: JsonObject): Said {
    const statement = statements.find(({ id }) => id === Id);
    if (statement === undefined) return refusal('ResourceNotFoundException', 'Query does not exist.');
    const { outcome } = statement;
    if (outcome === undefined) return { status: 200, body: { Id: statement.id, Status: 'STARTED' } };
    if ('error' in outcome) {
      return { status: 200, body: { Id: statement.id, Status: 'FAILED', Error: outcome.error } };
    }
    return { status: 200, body: { Id: statement.id, Status: 'FINISHED', HasResultSet: outcome.rows !== undefined } };
  }

  function list({ StatementName }: JsonObject): Said {
    const named = statements.filter(({ name }) => name.startsWith(String(StatementName)));
    const Statements = named.map(({ id, name }) => ({ Id: id, StatementName: name }));
    return { status: 200, body: { Statements } };
  }

  function result({ Id }: JsonObject): Said {
    const { outcome } = statements.find(({ id }) => id === Id) ?? {};
    if (outcome === undefined || !('rows' in outcome)) return refusal('ResourceNotFoundException', 'No result.');
    const Records = outcome.rows?.map((row) =>
      row.map((value) => (typeof value === 'number' ? { longValue: value } : { stringValue: value })),
    );
    return { status: 200, body: { Records: Records ?? [], ColumnMetadata: [] } };
  }

  return {
    statements,
    asked,
    forgetTokens: () => byToken.clear(),
    async answer({ headers, body }) {
      const action = String(headers['x-amz-target']).replace(/^RedshiftData\./, '');
      const input: unknown = JSON.parse(`${body}`);
      if (!isJsonObject(input)) throw new Error('the input is an object');
      asked.push({ action, input });
      const say = {
        ExecuteStatement: execute,
        DescribeStatement: describe,
        ListStatements: list,
        GetStatementResult: result,
      }[action];
      // What runs ends before it is asked about, if it can.
      await new Promise(setImmediate);
      const said = say?.(input) ?? refusal('UnknownOperationException', action);
      return {
        status: said.status,
        headers: { 'Content-Type': 'application/x-amz-json-1.1' },
        body: JSON.stringify(said.body),
      };
    },
  };
}

function refusal(type: string, message: string): Said {
  return { status: 400, body: { __type: type, Message: message, message } };
}

function problemWith({ ClusterIdentifier, WorkgroupName, Database, DbUser, SecretArn, Sql }: JsonObject) {
  if ((ClusterIdentifier === undefined) === (WorkgroupName === undefined)) return 'Give a cluster or a workgroup.';
  if (Database === undefined) return 'Database is required.';
  if (DbUser !== undefined && WorkgroupName !== undefined) return 'DbUser is not for workgroups.';
  if (DbUser !== undefined && SecretArn !== undefined) return 'Give DbUser or SecretArn.';
  if (/;/.test(String(Sql).replace(/'(?:[^'\\]|\\.)*'|"[^"]*"/gs, ''))) return 'Only one statement is taken.';
  return undefined;
}
