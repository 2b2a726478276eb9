import { isJsonObject } from '../core/json.ts';
import type { FunctionPorts, LambdaContext } from './function.ts';

/**
 * What the schedules ask for: the sweep, or the collection where the event says so. Whoever has lost a queue may tell
 * the sweep that all wake-ups are lost. Rejects when it did not end well.
 */
export async function runSchedule({ open, log }: FunctionPorts, event: unknown, context: LambdaContext): Promise<void> {
  const host = await open();
  const invocation = host.invocation(context.getRemainingTimeInMillis());
  const asked = isJsonObject(event) ? event : {};
  if (asked.collect !== true) return invocation.sweep(asked.lost === 'all' ? 'all' : 'some');
  const objects = await invocation.collect();
  log.info({ objects }, `Removed ${objects} objects that crashes had left in the staging bucket.`);
}
