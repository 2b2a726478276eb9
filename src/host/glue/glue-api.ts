import { ConfigError, DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json.ts';
import { checkedSchema, type TableSchema } from '../../formats/conversion/converter.ts';
import type { TableReference } from '../../formats/conversion/stream-table.ts';
import type { Alarm } from '../alarm.ts';
import { jsonPost } from '../aws/json-post.ts';
import type { Credentials } from '../aws/signature.ts';
import { ACCESS_DENIED, glueError, INVALID_SCHEMA, refusal, TIMED_OUT, unreachable } from './glue-error.ts';

export interface GlueSettings {
  /** The URL of what speaks Glue's API; absent for AWS. */
  readonly endpoint?: string;
  /** By default they are found where every AWS tool finds them. */
  readonly credentials?: () => Promise<Credentials>;
}

export interface GlueApi {
  /**
   * The columns of a table, without its partition keys. Rejects with a `DeliveryError`, code `DataFormatConversion.…`.
   */
  table(reference: TableReference): Promise<TableSchema>;
  close(): void;
}

export interface GluePorts {
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly alarm: Alarm;
}

const ANSWER_LONGEST_MS = 10_000;
/** Statistics and parameters of a wide table come with its columns. */
const ANSWER_MOST_BYTES = 8 * 1024 * 1024;
const LATEST = 'LATEST';

/** Glue's GetTable and GetTableVersion. https://docs.aws.amazon.com/glue/latest/dev/aws-glue-api-catalog-tables.html */
export function glueApi(settings: GlueSettings, { now, alarm }: GluePorts): GlueApi {
  const { post, close } = jsonPost({ service: 'glue', ...settings, withoutCredentials });

  async function ask(action: string, input: JsonObject, { region, call }: { region: string; call: string }) {
    const stop = new AbortController();
    const cancel = alarm(now() + ANSWER_LONGEST_MS, () => stop.abort());
    try {
      const { status, body } = await post({
        ...{ target: `AWSGlue.${action}`, input, region, now: now(), signal: stop.signal },
        answerMostBytes: ANSWER_MOST_BYTES,
        tooLong: () => glueError(INVALID_SCHEMA, `The answer to ${call} is longer than 8 MiB.`),
      });
      if (status !== 200) throw refusal(call, status, body.toString());
      return parsed(call, body);
    } catch (error) {
      if (stop.signal.aborted) {
        throw glueError(TIMED_OUT, `Glue did not answer ${call} within ${ANSWER_LONGEST_MS / 1_000} seconds.`);
      }
      throw error instanceof DeliveryError
        ? error
        : unreachable(call, error instanceof Error ? error : new Error(String(error)));
    } finally {
      cancel();
    }
  }

  return {
    async table({ database, table, catalogId, region, versionId = LATEST }) {
      const catalog = catalogId === undefined ? {} : { CatalogId: catalogId };
      const named = `${database}.${table} in ${region}`;
      if (versionId === LATEST) {
        const call = `GetTable for ${named}`;
        const answer = await ask('GetTable', { ...catalog, DatabaseName: database, Name: table }, { region, call });
        return schemaIn(call, answer.Table);
      }
      const call = `GetTableVersion ${versionId} for ${named}`;
      const input = { ...catalog, DatabaseName: database, TableName: table, VersionId: versionId };
      const { TableVersion } = await ask('GetTableVersion', input, { region, call });
      return schemaIn(call, isJsonObject(TableVersion) ? TableVersion.Table : undefined);
    },

    close,
  };
}

function parsed(call: string, body: Buffer): JsonObject {
  try {
    const answer: unknown = JSON.parse(body.toString());
    if (isJsonObject(answer)) return answer;
  } catch {
    // Said below: what answers is not Glue.
  }
  throw glueError(INVALID_SCHEMA, `The answer to ${call} is not what Glue says.`);
}

function schemaIn(call: string, table: JsonValue | undefined): TableSchema {
  const storage = isJsonObject(table) ? table.StorageDescriptor : undefined;
  const listed = isJsonObject(storage) && Array.isArray(storage.Columns) ? storage.Columns : [];
  const columns = listed.filter(isJsonObject).map(({ Name, Type }) => ({ name: String(Name), type: String(Type) }));
  try {
    return checkedSchema({ columns });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw glueError(INVALID_SCHEMA, `The table that Glue gave for ${call} cannot be written: ${error.message}`);
  }
}

function withoutCredentials(why: string): DeliveryError {
  return glueError(ACCESS_DENIED, `No AWS credentials to read tables from Glue with: ${why}`);
}
