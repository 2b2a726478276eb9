import { ConfigError } from '../core/errors.ts';
import { isJsonObject } from '../core/json.ts';

/** Where the events of a source go, and what they mean. */
export interface SourceTarget {
  readonly streamName: string;
  /** `objects`: a message is a notification of S3, and the lines of its objects are the records. */
  readonly content: 'messages' | 'objects';
}

/** Finds the target of a source by what its events say of where they are from. */
export type TargetOf = (source: string) => SourceTarget | undefined;

/**
 * Reads `{"<source>": "<stream>"}` or `{"<source>": {"stream": "<stream>", "content": "objects"}}`. A source is the ARN
 * of a queue, a topic, a bucket or a log group, or `events:` and the source that EventBridge's events name. Throws a
 * `ConfigError`; `field` is where the text stands.
 */
export function sourceStreams(text: string, field: string): TargetOf {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    given = undefined; // which is no object either
  }
  if (!isJsonObject(given)) throw new ConfigError(field, 'must be a JSON object, from sources to streams.');
  const targets = new Map(
    Object.entries(given).map(([source, target]) => [keyOf(source, field), targetIn(target, `${field}.${source}`)]),
  );
  return (source) => targets.get(source);
}

const LOG_GROUP = /^arn:[^:]*:logs:[^:]*:(\d{12}):log-group:(.+?)(:\*)?$/;
const OTHERS = /^(arn:[^:]*:(sqs|sns|s3):\S+|events:\S+)$/;

/** An envelope of log events names its account and its log group, and no region. */
function keyOf(source: string, field: string): string {
  const [, owner, logGroup] = LOG_GROUP.exec(source) ?? [];
  if (owner !== undefined && logGroup !== undefined) return logGroupSource({ owner, logGroup });
  if (OTHERS.test(source)) return source;
  const known = 'the ARN of a queue, topic, bucket or log group, or events:<source>';
  throw new ConfigError(`${field}.${source}`, `its name must be ${known}.`);
}

export function logGroupSource({ owner, logGroup }: { readonly owner: string; readonly logGroup: string }): string {
  return `logs:${owner}:${logGroup}`;
}

function targetIn(target: unknown, field: string): SourceTarget {
  if (typeof target === 'string') return { streamName: target, content: 'messages' };
  if (isJsonObject(target) && typeof target.stream === 'string') {
    const { stream, content = 'messages', ...others } = target;
    if ((content === 'messages' || content === 'objects') && Object.keys(others).length === 0) {
      return { streamName: stream, content };
    }
  }
  throw new ConfigError(field, 'must be a stream, or { stream, content } with content messages or objects.');
}
