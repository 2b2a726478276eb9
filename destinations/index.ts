import type { Destination } from '../src/core/destination.ts';
import type { Adapters } from '../src/core/route.ts';
import type { DestinationKind } from '../src/core/streams.ts';
import httpEndpoint, { type HttpEndpointPorts } from './http-endpoint.ts';
import s3, { type S3Ports } from './s3.ts';
import splunk, { type SplunkPorts } from './splunk.ts';

/**
 * Every destination this version delivers to. The S3 one also writes backups and error output, for streams of all
 * kinds.
 */
export function destinations(ports: S3Ports & HttpEndpointPorts & SplunkPorts): Adapters {
  return {
    s3: s3(ports),
    others: new Map<DestinationKind, Destination>([
      ['HttpEndpoint', httpEndpoint(ports)],
      ['Splunk', splunk(ports)],
    ]),
  };
}
