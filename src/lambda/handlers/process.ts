import { batchWork } from '../batch-work.ts';
import { functionPorts } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import { type BatchAnswer, receiveMessages } from '../receive-messages.ts';

const environment = await functionPorts(batchWork);

/**
 * Seals lanes that are due, and runs batches of records through their stream's processors. Queries for partition keys
 * run on a thread of their own, whose program is `src/host/jq-thread.ts`: compiled, it must lie beside the bundle.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<BatchAnswer> {
  return receiveMessages(environment, event, context);
}
