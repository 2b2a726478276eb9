import type { Adapters } from '../src/core/route.ts';
import httpEndpoint, { type HttpEndpointPorts } from './http-endpoint.ts';
import s3, { type S3Ports } from './s3.ts';

/**
 * Every destination this version delivers to. The S3 one also writes backups and error output, for streams of all
 * kinds.
 */
export function destinations(ports: S3Ports & HttpEndpointPorts): Adapters {
  return { s3: s3(ports), others: new Map([['HttpEndpoint', httpEndpoint(ports)]]) };
}
