import { type ParsedPrefix, type PartitionKeyPart, parsePrefix } from './prefix-expressions.ts';
import { type LocalTime, localTime } from './time-zone.ts';

/** Values of a dynamic partition's keys, by the processor that found them. */
export interface PartitionKeys {
  readonly query: ReadonlyMap<string, string>;
  readonly lambda: ReadonlyMap<string, string>;
}

/** What an object's name is made of. */
export interface ObjectName {
  readonly prefix?: string | undefined;
  readonly errorOutputPrefix?: string | undefined;
  /** Given for objects of error records; they go under the error prefix. */
  readonly errorOutputType?: string | undefined;
  readonly streamName: string;
  readonly streamVersion: number;
  /** Arrival of the oldest record in the object, in ms since the epoch: the time in its name. */
  readonly oldestAt: number;
  /** CustomTimeZone; UTC when absent or empty. */
  readonly timeZone?: string | undefined;
  readonly uuid: string;
  /** With its dot; FileExtension or the codec's. */
  readonly extension: string;
  /** Called once for each `!{firehose:random-string}`. */
  readonly randomString: () => string;
  readonly partitionKeys?: PartitionKeys | undefined;
}

/** S3's limit of a key, in bytes of UTF-8. */
const KEY_BYTES_MOST = 1024;

/**
 * The key of an object as Firehose names it: `<prefix><stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<uuid><extension>`.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
 *
 * Never fails and never exceeds S3's limit, since a batch without a name could not be delivered at all: a prefix that
 * is too long, which AWS's create-time rules allow only through partition keys and non-ASCII text, is cut at its end,
 * where the UUID that follows keeps the key unique.
 */
export function objectKey(object: ObjectName): string {
  const time = localTime(object.oldestAt, object.timeZone || 'UTC');
  const suffix = `${object.streamName}-${object.streamVersion}-${nameTime(time)}-${object.uuid}${object.extension}`;
  return `${cut(evaluatedPrefix(object, time), KEY_BYTES_MOST - Buffer.byteLength(suffix))}${suffix}`;
}

function evaluatedPrefix(object: ObjectName, time: LocalTime): string {
  const { prefix = '', errorOutputPrefix = '', errorOutputType } = object;
  if (errorOutputType === undefined) {
    const data = parsePrefix(prefix);
    // Nothing is appended after any expression, even one that holds no time: observed on AWS, against the guide's
    // words.
    return evaluated(data, object, time) + (data.hasExpressions ? '' : defaultTime(time));
  }
  // Without an error prefix, error objects go beside the data.
  const error = parsePrefix(errorOutputPrefix || prefix);
  if (error.parts.some((part) => part.is === 'error-output-type')) return evaluated(error, object, time);
  return `${evaluated(error, object, time)}${errorOutputType}/${error.hasExpressions ? '' : defaultTime(time)}`;
}

function evaluated(prefix: ParsedPrefix, object: ObjectName, time: LocalTime): string {
  let text = '';
  for (const part of prefix.parts) {
    if (part.is === 'text') text += part.text;
    else if (part.is === 'timestamp') text += part.print(time);
    else if (part.is === 'random-string') text += object.randomString();
    else if (part.is === 'error-output-type') text += object.errorOutputType ?? '';
    else text += partitionValue(part, object.partitionKeys);
  }
  return text;
}

/**
 * After an update of the prefix, records that were partitioned before it may lack one of its keys: Hive's name for
 * that.
 */
const NO_PARTITION_VALUE = '__HIVE_DEFAULT_PARTITION__';

function partitionValue(part: PartitionKeyPart, keys: PartitionKeys | undefined): string {
  return keys?.[part.from].get(part.key) ?? NO_PARTITION_VALUE;
}

/** `yyyy/MM/dd/HH/`, appended without a slash of its own. */
function defaultTime(time: LocalTime): string {
  return `${four(time.year)}/${two(time.month)}/${two(time.day)}/${two(time.hour)}/`;
}

function nameTime(time: LocalTime): string {
  const date = `${four(time.year)}-${two(time.month)}-${two(time.day)}`;
  return `${date}-${two(time.hour)}-${two(time.minute)}-${two(time.second)}`;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}

function four(value: number): string {
  return String(value).padStart(4, '0');
}

/**
 * The text in at most so many bytes of UTF-8, cut between characters; halves of surrogate pairs become U+FFFD, as in
 * any UTF-8.
 */
function cut(text: string, bytesMost: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMost) return bytes.toString();
  let end = bytesMost;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
