import type { JsonObject } from '../../core/json.ts';
import { isZstdAvailable } from '../../formats/zstd.ts';
import { invalidArgument } from '../invalid.ts';
import { oneOf, type ValueOf } from '../shapes/index.ts';
import { strictStructure } from '../shapes/shape.ts';
import type { Destination } from './destination.ts';

/**
 * The optional member `Hydrant` of CreateDeliveryStream and UpdateDestination: what AWS has no member for. It never
 * changes what AWS's members mean, and unlike them it refuses members it does not know.
 */
export const hydrantExtensions = strictStructure({
  /** In place of AWS's CompressionFormat, for S3 destinations. */
  CompressionFormat: oneOf('zstd'),
});

/** What is stored of the member: nothing when it asks for nothing. */
export function settleExtensions(
  extensions: ValueOf<typeof hydrantExtensions> | undefined,
  destination: Destination,
): JsonObject | undefined {
  if (extensions?.CompressionFormat === undefined) return undefined;
  if (destination.kind !== 'ExtendedS3') {
    throw invalidArgument('Hydrant.CompressionFormat is only for S3 destinations.');
  }
  if (destination.config.CompressionFormat !== 'UNCOMPRESSED') {
    throw invalidArgument('Hydrant.CompressionFormat needs CompressionFormat to be unset or UNCOMPRESSED.');
  }
  if (!isZstdAvailable()) {
    throw invalidArgument(`Hydrant.CompressionFormat zstd needs Node >= 22.15; this is ${process.version}.`);
  }
  return extensions;
}
