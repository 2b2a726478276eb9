import { randomBytes } from 'node:crypto';
import { alarmOf } from '../host/alarm.ts';
import { hostTables } from '../host/glue/host-tables.ts';
import { secretsManager } from '../host/secrets-manager.ts';
import { apiSettings } from './api-settings.ts';
import type { batchWork } from './batch-work.ts';
import type { FunctionPorts } from './function.ts';
import { type LambdaHost, lambdaHost } from './host.ts';
import { jsonLog } from './json-log.ts';
import { portsOf } from './ports.ts';
import { type LambdaSettings, settingsIn } from './settings.ts';

const now = Date.now;
const alarm = alarmOf(now);
const log = jsonLog((line) => process.stdout.write(line), now);

/**
 * What the handler of a deployed function works with: its environment says which services and names. A function that
 * wake-ups are sent to brings what its work takes. Resolves once the services are open, or cannot be: as long as a
 * container starts, Lambda gives it a whole processor.
 */
export async function functionPorts(workOf?: typeof batchWork): Promise<FunctionPorts> {
  let host: Promise<LambdaHost> | undefined;

  async function open(settings: LambdaSettings): Promise<LambdaHost> {
    const { endpoints, version } = settings;
    const secrets = secretsManager(endpoints.SECRETS_MANAGER, { now, alarm });
    const { tables } = hostTables({ own: {}, glue: endpoints.GLUE, now, alarm });
    const work = await workOf?.(settings, { now, alarm, log, secrets, tables });
    return lambdaHost(await portsOf(settings, { now, secrets }), {
      ...{ now, alarm, log, api: apiSettings(settings, tables) },
      newStreamId: () => randomBytes(8).toString('hex'),
      ...(work && { work }),
      ...(version !== undefined && { version }),
    });
  }

  const ports: FunctionPorts = {
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
  await ports.open().catch(() => {}); // the first invocation tries again, and says why it cannot
  return ports;
}
