import { randomBytes } from 'node:crypto';
import { alarmOf } from '../host/alarm.ts';
import { deliveryParts } from './delivery.ts';
import type { FunctionPorts } from './function.ts';
import { type LambdaHost, type LambdaPorts, lambdaHost } from './host.ts';
import { jsonLog } from './json-log.ts';
import { type LambdaSettings, settingsIn } from './settings.ts';

const now = Date.now;
const log = jsonLog((line) => process.stdout.write(line), now);
let host: Promise<LambdaHost> | undefined;

/** What the handlers of a deployed function work with: its environment says which services and names. */
export const environment: FunctionPorts = {
  log,
  open() {
    // What cannot be made now, such as for a variable that is missing, is tried anew by the next invocation.
    host ??= open(settingsIn(process.env)).catch((error: unknown) => {
      host = undefined;
      throw error;
    });
    return host;
  },
};

async function open(settings: LambdaSettings): Promise<LambdaHost> {
  const clock = { now, alarm: alarmOf(now), log };
  const { version } = settings;
  return lambdaHost(portsOf(settings), {
    ...(await deliveryParts(settings, clock)),
    ...clock,
    newStreamId: () => randomBytes(8).toString('hex'),
    ...(version !== undefined && { version }),
  });
}

/** The services of the deployment. */
function portsOf(settings: LambdaSettings): LambdaPorts {
  throw new Error(`This version of Hydrant has no services of AWS yet for ${settings.tables.buffer}.`);
}
