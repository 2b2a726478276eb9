import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { DynamoDB } from '@aws-sdk/client-dynamodb';
import { awsClients } from '../../../src/lambda/aws/clients.ts';
import { TABLES } from '../../../src/lambda/aws/tables.ts';

/** The package has no types of its own. */
type Dynalite = (options: { readonly createTableMs: number }) => Server;
const dynalite: Dynalite = createRequire(import.meta.url)('dynalite');

export interface EmulatedDynamo {
  readonly dynamo: DynamoDB;
  readonly endpoint: string;
  /** An empty one of `TABLES`. Resolves with its name. */
  makeTable(kind: keyof typeof TABLES): Promise<string>;
}

/** An emulator of DynamoDB, in this process and its memory. */
export async function startDynalite(): Promise<EmulatedDynamo & { stop(): Promise<void> }> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it listens on a port');
  const emulated = await emulatedDynamo(`http://127.0.0.1:${address.port}`);
  return {
    ...emulated,
    async stop() {
      emulated.dynamo.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One that runs, which takes any credentials. */
export async function emulatedDynamo(endpoint: string): Promise<EmulatedDynamo> {
  process.env.AWS_ACCESS_KEY_ID ??= 'any';
  process.env.AWS_SECRET_ACCESS_KEY ??= 'any';
  const dynamo = await awsClients({ region: 'us-east-1', endpoint }).dynamo();
  return {
    dynamo,
    endpoint,
    async makeTable(kind) {
      const TableName = `${kind}-${randomUUID()}`;
      await dynamo.createTable({ TableName, ...TABLES[kind].schema });
      return TableName;
    },
  };
}
