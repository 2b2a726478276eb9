import type { ApiSettings } from '../api/context.ts';
import type { DestinationKind } from '../core/streams.ts';
import type { Tables } from '../formats/conversion/stream-table.ts';
import { refusalOfUrl } from '../host/endpoint-url.ts';
import type { LambdaSettings } from './settings.ts';

/** AWS's quota in its largest regions. https://docs.aws.amazon.com/firehose/latest/dev/limits.html */
const STREAM_QUOTA = 5_000;

/** What functions deliver to. Named here so that the function of the API need not carry what delivers. */
const DELIVERED: ReadonlySet<DestinationKind> = new Set([
  'ExtendedS3',
  'HttpEndpoint',
  'Splunk',
  'Elasticsearch',
  'Amazonopensearchservice',
  'AmazonOpenSearchServerless',
]);

export function apiSettings(settings: LambdaSettings, tables: Tables): ApiSettings {
  const { accountId, region, bucketsFolder } = settings;
  return {
    ...{ accountId, tables, defaultRegion: region, streamQuota: STREAM_QUOTA },
    transitionMs: 0,
    strictDestinations: false,
    hasAdapter: (kind) => DELIVERED.has(kind),
    // Folders encrypt nothing.
    encryptedBy: () => (bucketsFolder === undefined ? 'the store' : undefined),
    refusesUrl: (url) => refusalByFunctions(url, settings),
  };
}

/**
 * There are no destinations of the user's own, and no receiver in the same machine: what listens there in Lambda is the
 * runtime, by which a request could end the function.
 */
function refusalByFunctions(url: URL, { isInLambda }: LambdaSettings): string | undefined {
  const isKnown = refusalOfUrl(url, { plainHttp: false, own: [] }) === undefined;
  if (isKnown && (url.protocol === 'https:' || !isInLambda)) return undefined;
  return `Functions send records to https:// URLs alone, not to ${url.protocol}//${url.host}.`;
}
