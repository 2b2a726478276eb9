import assert from 'node:assert';
import type { Destination, Slice } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import type { RefusedRecord } from '../src/core/refusals.ts';
import type { Secrets } from '../src/core/secrets.ts';
import { codec } from '../src/formats/compression.ts';
import { derivedUuid } from '../src/formats/derived-names.ts';
import { joinRecords } from '../src/formats/join.ts';
import { cookieIn, refusedBy, saidIn } from './http/hec-answers.ts';
import { eventsOf } from './http/hec-events.ts';
import { hintedLimits } from './http/hinted-limits.ts';
import { type Answer, type Post, poster } from './http/post.ts';
import { heedRefusal, secretText } from './http/secret-text.ts';
import { sized } from './http/sized.ts';

export interface SplunkPorts {
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly secrets: Secrets;
  /** How long an answer may take, in ms; a minute unless given. */
  readonly timeoutMs?: number;
}

/**
 * Splunk's HTTP Event Collector, with indexer acknowledgement: a slice is one request, and is delivered when Splunk
 * says that it is indexed. Until then it is pending, and not sent again before the stream's acknowledgement timeout.
 * https://docs.splunk.com/Documentation/Splunk/latest/Data/AboutHECIDXAck
 *
 * Every request has a channel of its own: Splunk counts acknowledgements from 0 in each channel, and anew after a
 * restart, so that in a shared channel another request's could be taken for this one's.
 */
export default function splunk({ now, secrets, timeoutMs = ANSWER_WITHIN_MS }: SplunkPorts): Destination {
  const post = poster({ codes: CODES, timeoutMs, answerMostBytes: ANSWER_MOST_BYTES });

  async function ask({ config }: Slice, { url, body, headers }: Post, signal: AbortSignal): Promise<Answer> {
    const token = await secretText(config, { secrets, member: 'hec_token', otherwise: config.HECToken });
    if (token === undefined) throw withoutToken();
    const authorized = { ...headers, Authorization: `Splunk ${token}` };
    const answer = await post({ url: `${endpointOf(config)}${url}`, body, headers: authorized }, signal);
    heedRefusal(config, { secrets, status: answer.status });
    // It may say the token it was given.
    return { ...answer, body: Buffer.from(answer.body.toString().replaceAll(token, '***')) };
  }

  return {
    limits: hintedLimits,

    async deliver(slice, signal) {
      const channel = derivedUuid(`${slice.id}/${slice.plan.attempt}`);
      const refused: RefusedRecord[] = [];
      const request = await requestOf(slice, channel, (record) => refused.push(record));
      if (request === undefined) return { bytes: 0, refused };
      const answer = await ask(slice, request, signal);
      const { code, ackId } = saidIn(answer);
      if (answer.status !== 200 || code !== 0) throw refusedBy(answer, now());
      if (typeof ackId !== 'number') throw withoutAcknowledgement();
      const sent = { ackId, channel, cookie: cookieIn(answer), sentAt: now() };
      return { pending: sent, checkAt: now() + FIRST_POLL_MS, refused };
    },

    async check(slice, pending, signal) {
      const { ackId, channel, cookie, sentAt } = readSent(pending);
      const headers = { 'Content-Type': 'application/json', ...(cookie !== '' && { Cookie: cookie }) };
      const url = `/services/collector/ack?channel=${channel}`;
      const body = Buffer.from(JSON.stringify({ acks: [ackId] }));
      const answer = await ask(slice, { url, headers, body }, signal).catch(unlessDeliveryError);
      const acks = answer?.status === 200 ? saidIn(answer).acks : undefined;
      if (isJsonObject(acks) && acks[ackId] === true) return { bytes: slice.bytes };
      const timeoutAt = sentAt + acknowledgementTimeoutMs(slice.config);
      if (now() >= timeoutAt) throw notAcknowledged(slice.config);
      // At first often, later seldom: a quarter of the time it has taken so far.
      const pollAt = now() + Math.min(Math.max((now() - sentAt) / 4, FIRST_POLL_MS), LONGEST_POLL_MS);
      return { pending, checkAt: Math.min(pollAt, timeoutAt) };
    },
  };
}

const ANSWER_WITHIN_MS = 60_000;
const ANSWER_MOST_BYTES = 1024 * 1024;
const FIRST_POLL_MS = 1_000;
const LONGEST_POLL_MS = 10_000;

/** https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html */
const CODES = {
  timeout: 'Splunk.ConnectionTimeout',
  'connection failed': 'Splunk.ConnectionClosed',
  'connection reset': 'Splunk.ConnectionClosed',
  TLS: 'Splunk.SSLHandshake',
  certificate: 'Splunk.SSLUnverified',
  'answer too large': 'Splunk.ServerError',
  'not HTTP': 'Splunk.InvalidHecResponseCharacter',
  'bad URL': 'Splunk.InvalidEndpoint',
  'bad header': 'Splunk.InvalidToken',
};

/** The records as a request, its URL without the endpoint; undefined when none of them can be in one. */
async function requestOf(
  slice: Slice,
  channel: string,
  refuse: (record: RefusedRecord) => void,
): Promise<Post | undefined> {
  const isRaw = slice.config.HECEndpointType === 'Raw';
  const content = isRaw ? joinRecords(slice.read(), 'none') : eventsOf(slice, refuse);
  const isCompressed = slice.extensions?.ContentEncoding === 'GZIP';
  const body = await sized(content);
  if (body instanceof Uint8Array && body.length === 0) return undefined;
  return {
    url: `/services/collector/${isRaw ? 'raw' : 'event'}`,
    headers: { 'X-Splunk-Request-Channel': channel, ...(isCompressed && { 'Content-Encoding': 'gzip' }) },
    body: isCompressed ? await sized(codec('GZIP', { entryName: '' }).compress(chunksOf(body))) : body,
  };
}

async function* chunksOf(body: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (body instanceof Uint8Array) yield body;
  else yield* body;
}

interface Sent {
  readonly ackId: number;
  readonly channel: string;
  readonly cookie: string;
  /** Ms since the epoch. */
  readonly sentAt: number;
}

/** What comes back is what `deliver` said. */
function readSent(pending: JsonValue): Sent {
  assert(isJsonObject(pending), 'what is pending is an object');
  const { ackId, channel, cookie, sentAt } = pending;
  assert(typeof ackId === 'number' && typeof sentAt === 'number', 'what is pending has its acknowledgement and time');
  assert(typeof channel === 'string' && typeof cookie === 'string', 'what is pending has its channel');
  return { ackId, channel, cookie, sentAt };
}

/** What cannot be asked about now may be indexed all the same. */
function unlessDeliveryError(error: unknown): undefined {
  if (!(error instanceof DeliveryError)) throw error;
}

function notAcknowledged(config: JsonObject): DeliveryError {
  const message = `Splunk did not acknowledge the records within ${acknowledgementTimeoutMs(config) / 1_000} seconds.`;
  return new DeliveryError(message, { code: 'Splunk.AckTimeout', retryable: true });
}

/** To send again would only double what it has. */
function withoutAcknowledgement(): DeliveryError {
  const message =
    'Splunk took the records without promising an acknowledgement: enable indexer acknowledgement for the token.';
  return new DeliveryError(message, { code: 'Splunk.DisabledAck', retryable: false });
}

function withoutToken(): DeliveryError {
  return new DeliveryError('The stream has no HEC token.', { code: 'Splunk.InvalidToken', retryable: true });
}

function endpointOf({ HECEndpoint }: JsonObject): string {
  assert(typeof HECEndpoint === 'string', 'a stored Splunk destination has an endpoint');
  return HECEndpoint.replace(/\/$/, '');
}

function acknowledgementTimeoutMs({ HECAcknowledgmentTimeoutInSeconds: seconds }: JsonObject): number {
  assert(typeof seconds === 'number', 'a stored Splunk destination has its timeout');
  return seconds * 1_000;
}
