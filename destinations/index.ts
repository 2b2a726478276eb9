import type { ObjectStore } from '../src/core/objects.ts';
import type { Adapters } from '../src/core/route.ts';
import s3 from './s3.ts';

/**
 * Every destination this version delivers to. The S3 one also writes backups and error output, for streams of all
 * kinds.
 */
export function destinations(ports: { readonly objects: ObjectStore }): Adapters {
  return { s3: s3(ports), others: new Map() };
}
