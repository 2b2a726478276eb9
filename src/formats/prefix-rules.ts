import { type ParsedPrefix, type PrefixPart, parsePrefix } from './prefix-expressions.ts';
import { isTimeZone, localTime } from './time-zone.ts';

export interface PrefixSettings {
  readonly prefix?: string | undefined;
  readonly errorOutputPrefix?: string | undefined;
  /** CustomTimeZone; absent or empty means UTC. */
  readonly timeZone?: string | undefined;
  /** Whether the stream partitions dynamically. Always false for backup buckets. */
  readonly dynamicPartitioning: boolean;
  /** True for the intermediate bucket of Redshift, which takes neither expressions nor an error prefix. */
  readonly literalOnly?: boolean;
}

/**
 * AWS's rules for prefixes at create and update: the message of its InvalidArgumentException, or undefined when all
 * hold. Each was observed on AWS; which comes first when several apply was not, and goes here from syntax to meaning.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
export function checkPrefixes(settings: PrefixSettings): string | undefined {
  if (settings.timeZone && !isTimeZone(settings.timeZone)) {
    return `Provided custom time zone is not supported. ${TIME_ZONE_LIMITS}`;
  }
  const broken = brokenConstraint(settings);
  // The typing mistake is AWS's.
  if (broken !== undefined) return `Ths supplied prefix(es) do not satisfy the following constraint: ${broken}`;

  if (hasPartitionKeys(parsePrefix(settings.errorOutputPrefix ?? ''))) {
    return `${NAMESPACES} can't be part of an error prefix expression`;
  }
  const partitions = hasPartitionKeys(parsePrefix(settings.prefix ?? ''));
  if (settings.dynamicPartitioning && !partitions) {
    return 'S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled';
  }
  if (!settings.dynamicPartitioning && partitions) {
    return `${NAMESPACES} can only be part of a prefix expression when Dynamic Partitioning is enabled.`;
  }
  return undefined;
}

const NAMESPACES = 'Dynamic Partitioning Namespaces';
const TIME_ZONE_LIMITS = 'Custom time zones are limited to UTC and non-3-letter IANA time zones.';

/** The partition keys a prefix uses, each once, in order. The prefix may be faulty. */
export function partitionKeysOf(prefix: string): {
  readonly query: readonly string[];
  readonly lambda: readonly string[];
} {
  const keys = { query: new Set<string>(), lambda: new Set<string>() };
  for (const part of parsePrefix(prefix).parts) if (part.is === 'partition-key') keys[part.from].add(part.key);
  return { query: [...keys.query], lambda: [...keys.lambda] };
}

function brokenConstraint(settings: PrefixSettings): string | undefined {
  const { prefix: prefixText = '', errorOutputPrefix: errorText = '', timeZone } = settings;
  const prefix = parsePrefix(prefixText);
  const error = parsePrefix(errorText);

  if (settings.literalOnly && (prefix.hasExpressions || errorText !== '')) {
    return 'Prefix Expressions or ErrorOutputPrefix is currently not supported for this destination';
  }
  const fault = faultIn(prefix, prefixText, 'Prefix') ?? faultIn(error, errorText, 'ErrorOutputPrefix');
  if (fault !== undefined) return fault;
  if (prefix.parts.some(isErrorOutputType)) {
    return 'Prefix must not contain any occurrence of !{firehose:error-output-type}';
  }
  if (prefix.hasExpressions && errorText === '') {
    return 'ErrorOutputPrefix cannot be null or empty when Prefix contains expressions';
  }
  if (error.hasExpressions && !error.parts.some(isErrorOutputType)) {
    return 'ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}';
  }
  if (evaluatedLength(prefix, timeZone) > EVALUATED_LENGTH_MOST) {
    return `Length of evaluated prefix cannot be greater than ${EVALUATED_LENGTH_MOST}`;
  }
  if (evaluatedLength(error, timeZone) > EVALUATED_LENGTH_MOST) {
    return `Length of evaluated ErrorOutputPrefix cannot be greater than ${EVALUATED_LENGTH_MOST}`;
  }
  return undefined;
}

/** In characters, without the time that is appended to a literal prefix: observed on AWS. */
const EVALUATED_LENGTH_MOST = 512;

function faultIn({ fault }: ParsedPrefix, text: string, member: string): string | undefined {
  switch (fault?.is) {
    case 'syntax':
      return `Invalid expression usage: ${text}.Must be of the form !{<namespace>:<value>}`;
    case 'namespace':
      return `Namespace to the left of colon (${fault.namespace}) is an invalid keyword!`;
    case 'value':
      return `Invalid conversion character used in the value of the expression in ${member}`;
    default:
      return undefined;
  }
}

/** A Wednesday in September, late in the day: times are measured when their names are longest. */
const LONG_TIME = Date.UTC(2026, 8, 30, 22, 59, 59);

/** What the expressions will evaluate to at least: the values of partition keys are not known yet. */
function evaluatedLength(prefix: ParsedPrefix, timeZone: string | undefined): number {
  const time = localTime(LONG_TIME, timeZone || 'UTC');
  let length = 0;
  for (const part of prefix.parts) {
    if (part.is === 'text') length += part.text.length;
    else if (part.is === 'timestamp') length += part.print(time).length;
    else if (part.is === 'random-string') length += 11;
    else if (part.is === 'error-output-type') length += 'processing-failed'.length;
  }
  return length;
}

function hasPartitionKeys(prefix: ParsedPrefix): boolean {
  return prefix.parts.some((part) => part.is === 'partition-key');
}

function isErrorOutputType(part: PrefixPart): boolean {
  return part.is === 'error-output-type';
}
