import { randomBytes } from 'node:crypto';
import { alarmOf } from '../host/alarm.ts';
import { secretsManager } from '../host/secrets-manager.ts';
import { deliveryParts } from './delivery.ts';
import type { FunctionPorts } from './function.ts';
import { type LambdaHost, lambdaHost } from './host.ts';
import { jsonLog } from './json-log.ts';
import { portsOf } from './ports.ts';
import { type LambdaSettings, settingsIn } from './settings.ts';

const now = Date.now;
const alarm = alarmOf(now);
const log = jsonLog((line) => process.stdout.write(line), now);
let host: Promise<LambdaHost> | undefined;

/** What the handlers of a deployed function work with: its environment says which services and names. */
export const environment: FunctionPorts = {
  log,
  async open() {
    // What cannot be made now, such as for a variable that is missing, is tried anew by the next invocation.
    host ??= open(settingsIn(process.env)).catch((error: unknown) => {
      host = undefined;
      throw error;
    });
    return host;
  },
};

// As long as a container starts, Lambda gives it a whole processor.
await environment.open().catch(() => {}); // the first invocation tries again, and says why it cannot

async function open(settings: LambdaSettings): Promise<LambdaHost> {
  const { endpoints, version } = settings;
  const secrets = secretsManager(endpoints.SECRETS_MANAGER, { now, alarm });
  return lambdaHost(await portsOf(settings, { now, secrets }), {
    ...(await deliveryParts(settings, { now, alarm, log, secrets })),
    ...{ now, alarm, log, newStreamId: () => randomBytes(8).toString('hex') },
    ...(version !== undefined && { version }),
  });
}
