import { regionIn } from '../caller.ts';
import { invalidArgument } from '../invalid.ts';
import type { secretsManagerConfiguration } from '../shapes/common.ts';
import type { ValueOf } from '../shapes/index.ts';
import type { Scope } from './kind.ts';

type SecretsManager = ValueOf<typeof secretsManagerConfiguration>;

/** Whether the credentials come from a secret, so that none need to be in the configuration. */
export function usesSecret(secrets: SecretsManager | undefined): boolean {
  return secrets?.Enabled === true;
}

export function checkSecret(secrets: SecretsManager | undefined, { region }: Scope): void {
  if (secrets?.Enabled !== true) return;
  if (secrets.SecretARN === undefined) throw invalidArgument('Invalid secret ARN: null');
  if (regionIn(secrets.SecretARN) !== region) {
    throw invalidArgument(
      'Cross-region secrets are not allowed. Please provide a secret in the same region as firehose',
    );
  }
}
