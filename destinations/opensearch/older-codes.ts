import type { Destination } from '../../src/core/destination.ts';
import { DeliveryError } from '../../src/core/errors.ts';

/**
 * Two codes have an older form where a stream has the destination under its older name, Elasticsearch.
 * https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html
 */
const OLDER: ReadonlyMap<string, string> = new Map([
  ['OS.AccessDenied', 'ES.AccessDenied'],
  ['OS.ResourceNotFound', 'ES.ResourceNotFound'],
]);

export function withOlderCodes(destination: Destination): Destination {
  return {
    ...destination,
    async deliver(slice, signal) {
      try {
        const delivered = await destination.deliver(slice, signal);
        const { refused } = delivered;
        return refused === undefined ? delivered : { ...delivered, refused: refused.map(underOlderCode) };
      } catch (error) {
        throw error instanceof DeliveryError && OLDER.has(error.code)
          ? new DeliveryError(error.message, { ...underOlderCode(error), cause: error.cause })
          : error;
      }
    },
  };
}

function underOlderCode<T extends { readonly code: string }>(failure: T): T {
  return { ...failure, code: OLDER.get(failure.code) ?? failure.code };
}
