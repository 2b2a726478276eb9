import { environment } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import { type BatchAnswer, receiveMessages } from '../receive-messages.ts';

/**
 * Seals lanes that are due, and runs batches of records through their stream's processors. Queries for partition keys
 * run on a thread of their own, whose program is `src/host/jq-thread.ts`: compiled, it must lie beside the bundle.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<BatchAnswer> {
  return receiveMessages(environment, event, context);
}
