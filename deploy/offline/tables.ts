import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { CreateTableInput } from '@aws-sdk/client-dynamodb';
import type { Resources, Settings } from '../framework.ts';

export interface Tables {
  readonly endpoint: string;
  close(): Promise<void>;
}

/** DynamoDB on a free port, with the template's tables. What they hold is kept in the folder. */
export async function startTables(
  resources: Resources,
  { folder, region }: { readonly folder: string; readonly region: string },
): Promise<Tables> {
  // It is of the older form of modules, and has no types.
  const dynalite: (options: Settings) => Server = createRequire(import.meta.url)('dynalite');
  const server = dynalite({ path: folder, createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  const endpoint = `http://127.0.0.1:${port}`;
  await createTables(resources, { endpoint, region });
  return {
    endpoint,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function createTables(resources: Resources, at: { readonly endpoint: string; readonly region: string }) {
  const { DynamoDB } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDB({ ...at, credentials: { accessKeyId: 'offline', secretAccessKey: 'any' } });
  const { TableNames = [] } = await client.listTables();
  for (const [TableName, { Type, Properties }] of Object.entries(resources)) {
    if (Type !== 'AWS::DynamoDB::Table' || TableNames.includes(TableName)) continue;
    const { SSESpecification, PointInTimeRecoverySpecification, TimeToLiveSpecification, ...schema } = Properties ?? {};
    // The rest of a table's properties is what CreateTable takes.
    await client.createTable({ TableName, ...schema } as CreateTableInput);
  }
  client.destroy();
}
