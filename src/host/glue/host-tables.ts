import type { TableSchema } from '../../formats/conversion/converter.ts';
import { type Tables, unknownTable } from '../../formats/conversion/stream-table.ts';
import { type GluePorts, type GlueSettings, glueApi } from './glue-api.ts';
import { glueTables } from './glue-tables.ts';

export interface HostTablesOptions extends GluePorts {
  /** Of the configuration, by `<database>.<table>`: they hold in every region and catalog, and as every version. */
  readonly own: Readonly<Record<string, TableSchema>>;
  /** Where all others come from; without it there are none. */
  readonly glue?: GlueSettings;
}

export interface HostTables {
  readonly tables: Tables;
  /** Ends the connections; what is asked for fails. */
  close(): void;
}

/** The tables that streams can convert records to. */
export function hostTables({ own, glue, now, alarm }: HostTablesOptions): HostTables {
  const api = glue && glueApi(glue, { now, alarm });
  const others = api && glueTables(api, now);

  return {
    async tables(reference) {
      const name = `${reference.database}.${reference.table}`;
      const schema = Object.hasOwn(own, name) ? own[name] : undefined;
      if (schema !== undefined) return schema;
      if (others !== undefined) return others(reference);
      throw unknownTable(reference, ADVICE);
    },

    close: () => api?.close(),
  };
}

const ADVICE = "Name it under schemas in Hydrant's configuration file, or set glue there.";
