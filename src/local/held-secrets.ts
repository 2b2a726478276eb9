import { DeliveryError } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { Secrets } from '../core/secrets.ts';
import { placeOf, type SecretReference, secretAt } from '../host/secret-reference.ts';

/**
 * Secrets that this machine holds in place of AWS Secrets Manager, read anew each time: rotation needs no restart. All
 * `others` are Secrets Manager's, where it is configured.
 */
export function heldSecrets(references: Readonly<Record<string, SecretReference>>, others?: Secrets): Secrets {
  const held = async (arn: string): Promise<JsonObject> => {
    const reference = Object.hasOwn(references, arn) ? references[arn] : undefined;
    if (reference === undefined) {
      if (others !== undefined) return others(arn);
      throw unavailable(
        `There is no secret ${arn}: name it under secrets in the configuration, or set secretsManager there.`,
      );
    }
    const text = await secretAt(reference);
    if (text === undefined) throw unavailable(`The secret ${arn} cannot be read from ${placeOf(reference)}.`);
    const secret = objectIn(text);
    if (secret === undefined) throw unavailable(`The secret ${arn} in ${placeOf(reference)} is not a JSON object.`);
    return secret;
  };
  return Object.assign(held, { refused: (arn: string) => others?.refused?.(arn) });
}

function objectIn(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // the message of the parser would quote the secret
  }
}

function unavailable(message: string): DeliveryError {
  return new DeliveryError(message, { code: 'Hydrant.SecretUnavailable', retryable: true, refused: true });
}
