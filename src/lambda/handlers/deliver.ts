import { environment } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import { type BatchAnswer, receiveMessages } from '../receive-messages.ts';

/** Seals all other lanes, and makes one attempt at a batch of theirs. */
export async function handler(event: unknown, context: LambdaContext): Promise<BatchAnswer> {
  return receiveMessages(environment, event, context);
}
