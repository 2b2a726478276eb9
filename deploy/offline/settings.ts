import { resolve } from 'node:path';
import type { Serverless } from '../framework.ts';

export interface OfflineSettings {
  /** Of the Firehose API. */
  readonly endpoint: string;
  /** Of what speaks Lambda's API. */
  readonly lambdaEndpoint: string;
  /** The folder that holds tables, buckets and bundles. */
  readonly state: string;
  /** Whether requests need no signature. */
  readonly takesUnsigned: boolean;
}

/** What serverless.yml says, and before it the command line: `--httpPort 0`, `--param="unsigned=refuse"`. */
export function settingsIn({ serviceDir, service: { custom }, processedInput }: Serverless): OfflineSettings {
  const { host, httpPort, lambdaPort } = { ...custom['serverless-offline'], ...processedInput.options };
  const { state, unsigned } = custom['hydrant-offline'] ?? {};
  if (unsigned !== 'allow' && unsigned !== 'refuse') {
    throw new Error(`unsigned must be allow or refuse, not ${unsigned}: --param="unsigned=refuse"`);
  }
  return {
    endpoint: `http://${host}:${httpPort}`,
    lambdaEndpoint: `http://${host}:${lambdaPort}`,
    state: resolve(serviceDir, String(state)),
    takesUnsigned: unsigned === 'allow',
  };
}
