import assert from 'node:assert';
import type { Destination } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonObject } from '../src/core/json.ts';
import { schemeIn } from './custom.ts';

/**
 * HTTP endpoints, and in their place those destinations of the user's own that a stream's URL names by its scheme. The
 * API knows one kind for all of them, so every client can configure them.
 */
export function byScheme(
  http: Destination,
  own: ReadonlyMap<string, Destination>,
): Required<Pick<Destination, 'limits' | 'deliver' | 'check'>> {
  const of = ({ EndpointConfiguration: endpoint }: JsonObject): Destination =>
    own.get(schemeIn(isJsonObject(endpoint) ? String(endpoint.Url) : '')) ?? http;

  return {
    limits(config) {
      const { limits } = of(config);
      assert(limits !== undefined, 'destinations by scheme have limits');
      return limits(config);
    },
    deliver: (slice, signal) => of(slice.config).deliver(slice, signal),
    async check(slice, state, signal) {
      const { check } = of(slice.config);
      if (check !== undefined) return check(slice, state, signal);
      const message = 'The destination that had the records is gone from the stream; they are sent to the new one.';
      throw new DeliveryError(message, { code: 'Hydrant.DestinationChanged', retryable: true });
    },
  };
}
