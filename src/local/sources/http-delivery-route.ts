import { refusalLog } from '../../api/authentication/refusal-log.ts';
import type { ApiContext, ApiRequest, ApiResponse } from '../../api/context.ts';
import { ApiError } from '../../core/errors.ts';
import { recordBlock } from '../../core/records.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import { placeOf, type SecretReference, secretAt } from '../../host/secret-reference.ts';
import { deliveryAnswer, deliveryIn, requestIdIn } from '../../sources/http-delivery.ts';
import { piecesOf } from '../../sources/pieces.ts';
import type { Once } from './once.ts';
import { isSameSecret } from './same-secret.ts';
import { turns } from './turns.ts';

export interface HttpDeliveryPorts {
  /** Where the access key of a stream is, by its name. */
  readonly accessKeys: Readonly<Record<string, SecretReference>>;
  /** Whether those are refused who have no key. */
  readonly isKeyRequired: () => Promise<boolean>;
  /** The stream of this name that takes puts; throws AWS's error where there is none. */
  readonly acceptingStream: (name: string) => Promise<StreamDefinition>;
  readonly once: Once;
  readonly now: () => number;
  readonly warn: ApiContext['warn'];
}

/** What a request of 64 MiB inflates to, its JSON and its records are in memory together, each some 64 MiB. */
const REQUESTS_AT_ONCE = 2;

/**
 * `POST /http-delivery/<stream>`: takes what a Firehose, or another Hydrant, delivers to an HTTP endpoint. It is
 * answered 200 once all records are durable; whoever did not hear that sends the request again, and what had been taken
 * of it is not taken again.
 *
 * A Firehose tries again whatever is not answered 200, except for 413, which it gives up: that is said only of what
 * could never be taken.
 */
export function httpDelivery(ports: HttpDeliveryPorts): (request: ApiRequest) => Promise<ApiResponse> {
  const { acceptingStream, once, now, warn } = ports;
  const turn = turns(REQUESTS_AT_ONCE);
  const logRefusal = refusalLog(warn, now);

  async function take(streamName: string, request: ApiRequest): Promise<void> {
    const { requestId, records } = await deliveryIn(request);
    const stream = await acceptingStream(streamName);
    let number = 0;
    for await (const piece of piecesOf(records)) {
      await once.take(stream, `http-delivery/${requestId}/${number++}`, recordBlock(now(), piece));
    }
  }

  return async (request) => {
    const requestId = requestIdIn(request.headers);
    try {
      const streamName = streamNameIn(request.url);
      await checkAccessKey(ports, streamName, request.headers['x-amz-firehose-access-key']);
      await turn(() => take(streamName, request));
      return answer(200, deliveryAnswer(requestId, now()));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const status = STATUSES.get(error.code) ?? error.status;
      if (status < 500) logRefusal(request, { code: error.code, reason: error.message });
      return answer(status, deliveryAnswer(requestId, now(), error.message));
    }
  };
}

/** The API says nearly all with 400; here it is the status that is read. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['ResourceNotFoundException', 404],
  ['AccessDeniedException', 403],
]);

/** The last part of the path. A name has nothing that is escaped in paths. */
function streamNameIn(url: string): string {
  return url.replace(/\?.*$/s, '').replace(/^.*\//, '');
}

async function checkAccessKey(
  { accessKeys, isKeyRequired }: HttpDeliveryPorts,
  streamName: string,
  given: ApiRequest['headers'][string],
): Promise<void> {
  const reference = Object.hasOwn(accessKeys, streamName) ? accessKeys[streamName] : undefined;
  if (reference === undefined) {
    if (!(await isKeyRequired())) return;
    const setting = `sources.httpDelivery.${streamName.slice(0, 100)}`;
    throw new ApiError('AccessDeniedException', `The stream takes no deliveries: ${setting} names no access key.`);
  }
  // Read anew each time: a key that is changed needs no restart.
  const expected = (await secretAt(reference))?.trim() ?? '';
  if (expected === '') {
    const message = `The access key of the stream ${streamName} cannot be read from ${placeOf(reference)}.`;
    throw new ApiError('ServiceUnavailableException', message, 503);
  }
  if (typeof given === 'string' && isSameSecret(given, expected)) return;
  throw new ApiError('AccessDeniedException', 'The header X-Amz-Firehose-Access-Key is not the key of the stream.');
}

function answer(status: number, body: string): ApiResponse {
  return { status, headers: { 'content-type': 'application/json' }, body };
}
