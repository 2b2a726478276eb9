import type { Destination } from '../src/core/destination.ts';
import type { Adapters } from '../src/core/route.ts';
import type { DestinationKind } from '../src/core/streams.ts';
import { byScheme } from './by-scheme.ts';
import { type CustomDestination, customDestination } from './custom.ts';
import file, { type FilePorts } from './file.ts';
import httpEndpoint, { type HttpEndpointPorts } from './http-endpoint.ts';
import { withOlderCodes } from './opensearch/older-codes.ts';
import openSearch, { type OpenSearchPorts } from './opensearch.ts';
import type { Warehouses } from './redshift/warehouse.ts';
import redshift from './redshift.ts';
import s3, { type S3Ports } from './s3.ts';
import splunk, { type SplunkPorts } from './splunk.ts';
import stdout, { type StdoutPorts } from './stdout.ts';

export interface DestinationPorts
  extends S3Ports,
    HttpEndpointPorts,
    SplunkPorts,
    OpenSearchPorts,
    FilePorts,
    StdoutPorts {
  /** Destinations of the user's own, by the scheme of their URLs, in lower case. */
  readonly own: Readonly<Record<string, CustomDestination>>;
  /** Absent where no warehouse can read the buckets. */
  readonly redshift?: Warehouses;
}

/**
 * Every destination this version delivers to. The S3 one also writes backups and error output, for streams of all
 * kinds.
 */
export function destinations(ports: DestinationPorts): Adapters {
  const own = Object.entries(ports.own).map(([scheme, each]) => [scheme, customDestination(each, ports)] as const);
  const schemes = new Map<string, Destination>([['file', file(ports)], ['stdout', stdout(ports)], ...own]);
  const documents = openSearch(ports);
  const { redshift: warehouses } = ports;
  return {
    s3: s3(ports),
    others: new Map<DestinationKind, Destination>([
      ['HttpEndpoint', byScheme(httpEndpoint(ports), schemes)],
      ['Splunk', splunk(ports)],
      ['Elasticsearch', withOlderCodes(documents)],
      ['Amazonopensearchservice', documents],
      ['AmazonOpenSearchServerless', documents],
      ...(warehouses === undefined ? [] : [['Redshift', redshift({ ...ports, redshift: warehouses })] as const]),
    ]),
  };
}
