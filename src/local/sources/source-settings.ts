import { ConfigError } from '../../core/errors.ts';
import type { SecretReference } from '../../host/secret-reference.ts';
import type { SourceTarget } from '../../sources/source-streams.ts';
import { secretReference, secretWithin } from '../secret-settings.ts';
import { listOf, mapOf, members, oneOf, region, type Setting, textLike } from '../setting.ts';
import type { SnsSource } from './sns-route.ts';

/** How streams get records from elsewhere than the Firehose API. */
export interface SourceSettings {
  /** Where the access keys are of those who deliver with Firehose's HTTP protocol, by the stream's name. */
  readonly httpDelivery?: Readonly<Record<string, SecretReference>>;
  /** Whose messages SNS may deliver, by the stream's name. */
  readonly sns?: Readonly<Record<string, SnsSource>>;
  /** Queues of SQS that are read, by their URL. */
  readonly sqs?: Readonly<Record<string, QueueSource>>;
}

export interface QueueSource extends SourceTarget {
  /** Where the URL does not say it; absent: as everywhere else. */
  readonly region?: string;
}

const STREAM_NAME = /^[a-zA-Z0-9_.-]{1,64}$/;
const streamNames = { pattern: STREAM_NAME, described: "a stream's: up to 64 letters, digits, _, . and -" };
const streamName = textLike(STREAM_NAME, "a stream's name");

const topicArn = textLike(/^arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[\w-]+(\.fifo)?$/, "a topic's ARN");
const snsMembers = members({ topics: listOf(topicArn), password: secretReference });
const sns: Setting<SnsSource> = (given, path) => {
  const { topics = [], ...others } = snsMembers(given, path);
  if (topics.length === 0) throw new ConfigError(`${path}.topics`, 'must name the topics whose messages are taken.');
  return { topics, ...others };
};

const queueUrls = { pattern: /^https?:\/\/[^/\s]+\/\S+$/, described: 'the URL of a queue of SQS' };
const queueMembers = members({ stream: streamName, content: oneOf('messages', 'objects'), region });
const queue: Setting<QueueSource> = (given, path) => {
  const {
    stream,
    content = 'messages',
    ...others
  } = queueMembers(typeof given === 'string' ? { stream: given } : given, path);
  if (stream === undefined) throw new ConfigError(`${path}.stream`, 'is missing: the name of the stream.');
  return { streamName: stream, content, ...others };
};

export const sources = members({
  httpDelivery: mapOf(secretReference, streamNames),
  sns: mapOf(sns, streamNames),
  sqs: mapOf(queue, queueUrls),
});

type GivenSources = ReturnType<typeof sources>;

/** With paths as they are from the folder of the configuration file. */
export function sourcesWithin(given: GivenSources, within: (path: string) => string): GivenSources {
  const { httpDelivery, sns } = given;
  return {
    ...given,
    ...(httpDelivery && { httpDelivery: mapped(httpDelivery, (secret) => secretWithin(secret, within)) }),
    ...(sns && {
      sns: mapped(sns, ({ topics, password }) => ({
        topics,
        ...(password && { password: secretWithin(password, within) }),
      })),
    }),
  };
}

function mapped<T>(all: Readonly<Record<string, T>>, change: (one: T) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
}
