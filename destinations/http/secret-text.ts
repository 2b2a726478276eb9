import { DeliveryError } from '../../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import type { Secrets } from '../../src/core/secrets.ts';

/**
 * A credential of a destination: the member of the secret that its configuration names, as on AWS in place of one in
 * the configuration itself; undefined when there is neither. Empty counts as absent.
 */
export async function secretText(
  { SecretsManagerConfiguration: secret }: JsonObject,
  { secrets, member, otherwise }: { readonly secrets: Secrets; readonly member: string; readonly otherwise: unknown },
): Promise<string | undefined> {
  if (!isJsonObject(secret) || secret.Enabled !== true) return textOf(otherwise);
  const text = textOf((await secrets(String(secret.SecretARN)))[member]);
  if (text !== undefined) return text;
  const message = `The secret ${secret.SecretARN} has no ${member}.`;
  throw new DeliveryError(message, { code: 'Hydrant.SecretUnavailable', retryable: true, refused: true });
}

/** An answer that speaks against the credential: its secret is asked for anew. */
export function heedRefusal(
  { SecretsManagerConfiguration: secret }: JsonObject,
  { secrets, status }: { readonly secrets: Secrets; readonly status: number },
): void {
  const isRefused = status === 401 || status === 403;
  if (isRefused && isJsonObject(secret) && secret.Enabled === true) secrets.refused?.(String(secret.SecretARN));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
