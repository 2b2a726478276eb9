import type { SecretReference } from '../../host/secret-reference.ts';
import { secretReference, secretWithin } from '../secret-settings.ts';
import { mapOf, members } from '../setting.ts';

/** How streams get records from elsewhere than the Firehose API. */
export interface SourceSettings {
  /** Where the access keys are of those who deliver with Firehose's HTTP protocol, by the stream's name. */
  readonly httpDelivery?: Readonly<Record<string, SecretReference>>;
}

const streamNames = {
  pattern: /^[a-zA-Z0-9_.-]{1,64}$/,
  described: "a stream's: up to 64 letters, digits, _, . and -",
};

export const sources = members({ httpDelivery: mapOf(secretReference, streamNames) });

type GivenSources = ReturnType<typeof sources>;

/** With paths as they are from the folder of the configuration file. */
export function sourcesWithin(
  { httpDelivery, ...others }: GivenSources,
  within: (path: string) => string,
): GivenSources {
  if (httpDelivery === undefined) return others;
  const found = Object.entries(httpDelivery).map(([name, secret]) => [name, secretWithin(secret, within)] as const);
  return { ...others, httpDelivery: Object.fromEntries(found) };
}
