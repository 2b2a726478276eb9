import { functionPorts } from '../environment.ts';
import type { LambdaContext } from '../function.ts';
import { runSchedule } from '../run-schedule.ts';

const environment = await functionPorts();

/**
 * Once a minute: finds what lost wake-ups have forgotten. Once a day, with `{"collect": true}`: tidies up. With
 * `{"lost": "all"}` by whoever has lost a queue: wakes all that waits.
 */
export async function handler(event: unknown, context: LambdaContext): Promise<void> {
  await runSchedule(environment, event, context);
}
