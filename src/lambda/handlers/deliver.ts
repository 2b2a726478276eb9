import { batchWork } from '../batch-work.ts';
import { functionPorts } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import { type BatchAnswer, receiveMessages } from '../receive-messages.ts';

const environment = await functionPorts(batchWork);

/** Makes one attempt at a batch: at its delivery, its backup or its error output. */
export async function handler(event: unknown, context: LambdaContext): Promise<BatchAnswer> {
  return receiveMessages(environment, event, context);
}
