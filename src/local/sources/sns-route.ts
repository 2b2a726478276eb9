import { refusalLog } from '../../api/authentication/refusal-log.ts';
import type { ApiContext, ApiRequest, ApiResponse } from '../../api/context.ts';
import { ApiError } from '../../core/errors.ts';
import { recordBlock } from '../../core/records.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { Log } from '../../host/log.ts';
import { type SecretReference, secretAt } from '../../host/secret-reference.ts';
import { malformed, unknownSource } from '../../sources/refusals.ts';
import { notificationRecord, type SnsMessage, snsMessage } from '../../sources/sns.ts';
import { isUrlOfSns, verifySignature } from '../../sources/sns-signature.ts';
import type { Once } from './once.ts';
import { isSameSecret } from './same-secret.ts';

export interface SnsSource {
  /** ARNs of the topics whose messages are taken. Anyone may have a topic, and SNS signs for all. */
  readonly topics: readonly string[];
  /** Where the password is that the URL of the subscription has. What is delivered raw is not signed, and needs it. */
  readonly password?: SecretReference;
}

export interface SnsPorts {
  /** By the stream's name. */
  readonly sources: Readonly<Record<string, SnsSource>>;
  readonly acceptingStream: (name: string) => Promise<StreamDefinition>;
  readonly once: Once;
  /** What a URL gives, as text. */
  readonly fetched: (url: string) => Promise<string>;
  readonly now: () => number;
  readonly warn: ApiContext['warn'];
  readonly log: Log;
}

/**
 * `POST /sns/<stream>`: takes notifications of SNS, in the form in which SNS itself puts them to a delivery stream, and
 * confirms subscriptions. It is answered 200 once the record is durable; what comes again is not taken again.
 *
 * SNS tries again what is answered 5xx, and nothing else: so that is what a stream gets that is not there yet.
 */
export function snsRoute(ports: SnsPorts): (request: ApiRequest) => Promise<ApiResponse> {
  const { sources, now, warn } = ports;
  const certificateAt = certificates(ports.fetched);
  const logRefusal = refusalLog(warn, now);

  async function take(request: ApiRequest): Promise<ApiResponse> {
    const streamName = request.url.replace(/\?.*$/s, '').replace(/^.*\//, '');
    const source = Object.hasOwn(sources, streamName) ? sources[streamName] : undefined;
    if (source === undefined) {
      const setting = `sources.sns.${streamName.slice(0, 100)}`;
      throw new ApiError('ResourceNotFoundException', `The stream takes nothing of SNS: ${setting} is not set.`, 404);
    }
    if (!(await isPasswordRight(source, request))) return askForPassword(request);
    if (request.headers['x-amz-sns-rawdelivery'] === 'true') await takeRaw(ports, source, streamName, request);
    else {
      const message = snsMessage(jsonIn(request.body));
      checkTopic(source, message.TopicArn);
      await verifySignature(message, certificateAt);
      await takeMessage(ports, streamName, message);
    }
    return answer(200);
  }

  return async (request) => {
    try {
      return await take(request);
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) {
        logRefusal(request, { code: error.code, reason: error.message });
      }
      throw error;
    }
  };
}

async function takeMessage(ports: SnsPorts, streamName: string, message: SnsMessage): Promise<void> {
  const { Type, TopicArn, SubscribeURL, MessageId } = message;
  const fields = { stream: streamName, topic: TopicArn };
  switch (Type) {
    case 'Notification':
      return put(ports, streamName, MessageId, notificationRecord(message));
    case 'SubscriptionConfirmation':
      if (typeof SubscribeURL !== 'string' || !isUrlOfSns(SubscribeURL)) {
        throw unknownSource('The subscription cannot be confirmed: its SubscribeURL is not of SNS.');
      }
      await ports.fetched(SubscribeURL);
      return ports.log.info(fields, `Stream ${streamName} is subscribed to ${TopicArn}.`);
    case 'UnsubscribeConfirmation':
      return ports.log.warn(fields, `Stream ${streamName} is no longer subscribed to ${TopicArn}.`);
  }
}

/** The message's own bytes. What SNS would say of it is in headers. */
async function takeRaw(ports: SnsPorts, source: SnsSource, streamName: string, request: ApiRequest): Promise<void> {
  const { 'x-amz-sns-topic-arn': topic, 'x-amz-sns-message-id': id } = request.headers;
  if (source.password === undefined) {
    const setting = `sources.sns.${streamName}.password`;
    throw unknownSource(`What SNS delivers raw is not signed, and taken only with a password: set ${setting}.`);
  }
  if (typeof topic !== 'string' || typeof id !== 'string') {
    throw malformed('The headers X-Amz-Sns-Topic-Arn and X-Amz-Sns-Message-Id are missing.');
  }
  checkTopic(source, topic);
  await put(ports, streamName, id, request.body);
}

async function put(
  { acceptingStream, once, now }: SnsPorts,
  streamName: string,
  id: string,
  record: Uint8Array,
): Promise<void> {
  const stream = await acceptingStream(streamName).catch((error: unknown) => {
    throw error instanceof ApiError ? new ApiError('ServiceUnavailableException', error.message, 503) : error;
  });
  await once.take(stream, `sns\n${id}`, recordBlock(now(), [record]));
}

function checkTopic({ topics }: SnsSource, topic: string): void {
  if (!topics.includes(topic)) throw unknownSource(`No message is taken here of the topic ${topic.slice(0, 300)}.`);
}

/** SNS sends the password of the URL that it was given to subscribe, once it was asked for it. */
async function isPasswordRight({ password }: SnsSource, { headers }: ApiRequest): Promise<boolean> {
  if (password === undefined) return true;
  const expected = (await secretAt(password))?.trim() ?? '';
  if (expected === '') throw new ApiError('ServiceUnavailableException', 'The password cannot be read.', 503);
  const [, encoded = ''] = /^basic ([A-Za-z0-9+/=]+)$/i.exec(String(headers.authorization)) ?? [];
  const given = Buffer.from(encoded, 'base64').toString();
  return isSameSecret(given.slice(given.indexOf(':') + 1), expected);
}

function askForPassword({ headers }: ApiRequest): ApiResponse {
  const why = headers.authorization === undefined ? 'A password is needed.' : 'The password is wrong.';
  return answer(401, why, { 'www-authenticate': 'Basic realm="hydrant"' });
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    throw malformed('The body is not JSON.');
  }
}

/** SNS changes its certificate once in months. */
const CERTIFICATES_MOST = 16;

/** Each is fetched once, and again after it could not be. */
function certificates(fetched: SnsPorts['fetched']): SnsPorts['fetched'] {
  const known = new Map<string, Promise<string>>();
  return (url) => {
    const held = known.get(url);
    if (held !== undefined) return held;
    if (known.size >= CERTIFICATES_MOST) known.clear();
    const certificate = fetched(url);
    known.set(url, certificate);
    certificate.catch(() => known.delete(url));
    return certificate;
  };
}

function answer(status: number, body = '', headers = {}): ApiResponse {
  return { status, headers: { 'content-type': 'text/plain', ...headers }, body };
}
