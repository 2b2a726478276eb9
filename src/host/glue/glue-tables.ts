import type { TableSchema } from '../../formats/conversion/converter.ts';
import type { TableReference } from '../../formats/conversion/stream-table.ts';
import type { GlueApi } from './glue-api.ts';
import { isGlueDown } from './glue-error.ts';

/** A table that was changed in Glue is written in its new form from then on; on AWS it takes minutes as well. */
const FRESH_MS = 60_000;
/** Names and types of all columns that are kept, in characters. */
const KEPT_MOST = 4 * 1024 * 1024;

interface Kept {
  readonly schema: TableSchema;
  readonly size: number;
  readonly freshUntil: number;
}

/**
 * Tables of Glue, each asked for at most once a minute and by one call at a time. While Glue is down a table goes on as
 * it was last known: what it was a minute ago fits the records better than a stream that stands still, and the plan of
 * each batch keeps the columns anyway. A table that Glue refuses to give is not known any more.
 */
export function glueTables(
  { table }: Pick<GlueApi, 'table'>,
  now: () => number,
): (reference: TableReference) => Promise<TableSchema> {
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<TableSchema>>();
  let size = 0;

  function drop(key: string): void {
    size -= kept.get(key)?.size ?? 0;
    kept.delete(key);
  }

  function keep(key: string, schema: TableSchema): TableSchema {
    drop(key);
    const own = schema.columns.reduce((sum, { name, type }) => sum + name.length + type.length, key.length);
    kept.set(key, { schema, size: own, freshUntil: now() + FRESH_MS });
    size += own;
    for (const oldest of kept.keys()) {
      if (size <= KEPT_MOST) break;
      drop(oldest);
    }
    return schema;
  }

  async function lookUp(key: string, reference: TableReference): Promise<TableSchema> {
    try {
      return keep(key, await table(reference));
    } catch (error) {
      const last = kept.get(key);
      // Kept for another minute, so that not every delivery waits for Glue in vain.
      if (last !== undefined && isGlueDown(error)) return keep(key, last.schema);
      drop(key);
      throw error;
    }
  }

  return async (reference) => {
    const { database, table: name, catalogId, region, versionId } = reference;
    const key = JSON.stringify([catalogId, region, database, name, versionId]);
    const known = kept.get(key);
    if (known !== undefined && now() < known.freshUntil) return known.schema;
    const asked = underWay.get(key) ?? lookUp(key, reference).finally(() => underWay.delete(key));
    underWay.set(key, asked);
    return asked;
  };
}
