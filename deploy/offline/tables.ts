import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { CreateTableInput } from '@aws-sdk/client-dynamodb';
import type { Resources, Settings } from '../framework.ts';
import type { Emulator } from './emulator.ts';

/** DynamoDB on a free port. What its tables hold is kept in the folder. */
export async function startTables(folder: string): Promise<Emulator> {
  // It is of the older form of modules, and has no types.
  const dynalite: (options: Settings) => Server = createRequire(import.meta.url)('dynalite');
  const server = dynalite({ path: folder, createTableMs: 0 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The template's tables, under their logical ids, as far as they are not there. */
export async function createTables(resources: Resources, endpoint: string, region: string): Promise<void> {
  const { DynamoDB } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDB({ endpoint, region, credentials: { accessKeyId: 'offline', secretAccessKey: 'any' } });
  const { TableNames = [] } = await client.listTables();
  for (const [TableName, { Type, Properties }] of Object.entries(resources)) {
    if (Type !== 'AWS::DynamoDB::Table' || TableNames.includes(TableName)) continue;
    const { SSESpecification, PointInTimeRecoverySpecification, TimeToLiveSpecification, ...schema } = Properties ?? {};
    // The rest of a table's properties is what CreateTable takes.
    await client.createTable({ TableName, ...schema } as CreateTableInput);
  }
  client.destroy();
}
