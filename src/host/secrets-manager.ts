import type { JsonObject } from '../core/json.ts';
import type { Secrets } from '../core/secrets.ts';
import { type SecretsManagerPorts, type SecretsManagerSettings, secretsManagerApi } from './secrets-manager-api.ts';

export type SecretsManager = Secrets & {
  refused(arn: string): void;
  /** Ends the connections; what is asked for fails. */
  close(): void;
};

/** A rotated secret is used from then on at the latest; sooner where the far side refuses the old one. */
const FRESH_MS = 60_000;
const KEPT_MOST = 1_000;

interface Kept {
  readonly secret: JsonObject;
  readonly freshUntil: number;
}

/**
 * Secrets from AWS Secrets Manager, in the region of each one's ARN. Each is kept in memory for a minute, and asked for
 * by one call at a time. While Secrets Manager cannot be asked, one that the far side takes goes on being used: its
 * outage is no reason to give records up. One that it refuses to give is not known any more.
 */
export function secretsManager(settings: SecretsManagerSettings, ports: SecretsManagerPorts): SecretsManager {
  const { now } = ports;
  const { ask, close } = secretsManagerApi(settings, ports);
  const kept = new Map<string, Kept>();
  const underWay = new Map<string, Promise<JsonObject>>();

  function keep(arn: string, secret: JsonObject): JsonObject {
    kept.delete(arn);
    kept.set(arn, { secret, freshUntil: now() + FRESH_MS });
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_MOST) break;
      kept.delete(oldest);
    }
    return secret;
  }

  async function lookUp(arn: string): Promise<JsonObject> {
    const last = kept.get(arn)?.secret;
    const answer = await ask(arn);
    if ('secret' in answer) return keep(arn, answer.secret);
    // Kept for another minute, so that not every delivery waits in vain; unless it was refused meanwhile.
    if (answer.isOutage && last !== undefined && kept.get(arn)?.secret === last) return keep(arn, last);
    kept.delete(arn);
    throw answer.failure;
  }

  async function secret(arn: string): Promise<JsonObject> {
    const known = kept.get(arn);
    if (known !== undefined && now() < known.freshUntil) return known.secret;
    const asked = underWay.get(arn) ?? lookUp(arn).finally(() => underWay.delete(arn));
    underWay.set(arn, asked);
    return asked;
  }

  return Object.assign(secret, { refused: (arn: string) => void kept.delete(arn), close });
}
