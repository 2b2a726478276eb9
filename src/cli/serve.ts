import type { Logger } from 'pino';
import type { AccessKey } from '../api/authentication/keys.ts';
import { ConfigError } from '../core/errors.ts';
import { isLoopback } from '../host/loopback.ts';
import { applyStreams } from '../local/apply-streams.ts';
import { loadConfig } from '../local/config.ts';
import { loadDestinations } from '../local/custom-destinations.ts';
import { nodeDisk } from '../local/disk.ts';
import { createHydrant, type Hydrant } from '../local/hydrant.ts';
import { hasIssuedKeys } from '../local/keys/key-files.ts';
import { withSecrets } from '../local/keys/key-settings.ts';
import { type HttpServer, serve } from '../local/server.ts';
import { type GivenSettings, type Settings, settled } from '../local/settings.ts';
import { checkStreamMembers } from '../local/stream-members.ts';
import { openLogger } from './logger.ts';
import { routes } from './routes.ts';
import { firstSignal } from './signals.ts';
import { VERSION } from './version.ts';

/** Requests under way when the end is asked for are answered within this. */
const ANSWER_GRACE_MS = 10_000;
/** Deliveries under way get this long; what they carry stays buffered otherwise. */
const DELIVERY_GRACE_MS = 5_000;

/**
 * Runs the service until SIGTERM or SIGINT, then ends it in order: no new requests, those under way answered,
 * deliveries given a few seconds, the buffer closed. Throws a `ConfigError` for whatever keeps it from starting that
 * the operator can change.
 */
export async function runServe(flags: GivenSettings, configFile: string | undefined): Promise<void> {
  const folder = process.cwd();
  const ending = firstSignal();
  const config = await loadConfig({ folder, ...(configFile !== undefined && { named: configFile }) });
  const settings = settled(folder, flags, config.settings);
  const keys = await withSecrets(settings.keys);
  await refuseExposure(settings);
  checkStreamMembers(settings.streams);
  const logger = openLogger(settings.logLevel, settings.stdout ? process.stderr : process.stdout);
  if (config.file !== undefined) logger.info({ file: config.file }, `Configuration read from ${config.file}.`);
  failLoudly(logger);

  const hydrant = await open({ settings, keys, logger });
  let server: HttpServer | undefined;
  try {
    await apply(settings, hydrant, logger);
    hydrant.readQueues();
    server = await listen(settings, hydrant, logger);
    logger.info({ signal: await ending }, 'Stopping: requests under way are answered first.');
  } finally {
    await server?.close(ANSWER_GRACE_MS);
    await hydrant.close(DELIVERY_GRACE_MS);
  }
  logger.info('Stopped. What was not delivered is kept for the next start.');
}

/** Without keys nothing checks who calls, so only this machine may, unless that is asked for by name. */
async function refuseExposure({ host, insecure, keys, dataFolder }: Settings): Promise<void> {
  if (insecure || isLoopback(host) || keys.length > 0 || (await hasIssuedKeys(nodeDisk(), dataFolder))) return;
  throw new ConfigError(
    '--host',
    `${host} can be reached from other machines, and without keys Hydrant does not check who calls. ` +
      'Make a key with hydrant keys create, listen on 127.0.0.1, or add --insecure.',
  );
}

/**
 * A fault nobody expected leaves memory in doubt, the disk not: what was acknowledged is safe, and a restart is the way
 * back.
 */
function failLoudly(logger: Logger): void {
  const fail = (error: unknown, origin: string): void => {
    logger.fatal({ err: error, origin }, 'A fault in Hydrant: it ends now. What was acknowledged is on the disk.');
    process.exit(70); // EX_SOFTWARE of sysexits.h
  };
  process.on('uncaughtException', fail);
}

interface Opening {
  readonly settings: Settings;
  readonly keys: readonly AccessKey[];
  readonly logger: Logger;
}

async function open({ settings, keys, logger }: Opening): Promise<Hydrant> {
  const destinations = await loadDestinations(settings.destinationFiles);
  try {
    return await createHydrant({ ...settings, destinations, keys, logger });
  } catch (error) {
    throw isSystemError(error)
      ? new ConfigError('--data', `${settings.dataFolder} cannot be used: ${error.message}`)
      : error;
  }
}

async function apply({ streams }: Settings, hydrant: Hydrant, logger: Logger): Promise<void> {
  for (const { name, outcome } of await applyStreams(streams, hydrant.handleOwn)) {
    logger.info({ stream: name, outcome }, `Stream ${name} of the configuration: ${outcome}.`);
  }
}

async function listen(settings: Settings, hydrant: Hydrant, logger: Logger): Promise<HttpServer> {
  const { host, port, dataFolder } = settings;
  const fault = (error: unknown): void => logger.error({ err: error }, 'A request failed through a fault of ours.');
  const full = (connections: number): void =>
    logger.warn({ connections }, `New connections are closed: ${connections} are open, as many as there may be.`);
  try {
    const bareHost = host.replace(/^\[(.*)\]$/, '$1');
    const server = await serve({ handle: hydrant.handle, routes: routes(hydrant), host: bareHost, port, fault, full });
    const { url } = server;
    logger.info({ url, dataFolder, version: VERSION }, `Hydrant listens on ${url}, its data in ${dataFolder}.`);
    return server;
  } catch (error) {
    throw isSystemError(error) ? cannotListen(error, settings) : error;
  }
}

function cannotListen(error: NodeJS.ErrnoException, { host, port }: Settings): ConfigError {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(
        '--port',
        `${port} is taken on ${host}: another program listens there, maybe another Hydrant. Give another port, or 0 for any free one.`,
      );
    case 'EACCES':
      return new ConfigError('--port', `${port} is not for everyone: ports below 1024 need permission.`);
    default:
      return new ConfigError('--host', `${host} cannot be listened on: ${error.message}`);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z]/.test(error.code);
}
