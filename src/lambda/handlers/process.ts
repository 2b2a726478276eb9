import { environment } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import { type BatchAnswer, receiveMessages } from '../receive-messages.ts';

/**
 * Seals lanes whose records are to be processed, and runs batches of them through their stream's processors. Queries
 * for partition keys run on a thread of their own: the compiled `jq-thread.js` of `src/host/` must lie beside the
 * bundle.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<BatchAnswer> {
  return receiveMessages(environment, event, context);
}
