import { compileTimePattern, type TimePattern } from './time-pattern.ts';

/** A parsed Prefix or ErrorOutputPrefix. */
export interface ParsedPrefix {
  readonly parts: readonly PrefixPart[];
  readonly hasExpressions: boolean;
  /** The first thing wrong with it, if anything; such an expression stands in `parts` as the text it was. */
  readonly fault?: PrefixFault;
}

export type PrefixPart =
  | { readonly is: 'text'; readonly text: string }
  | { readonly is: 'timestamp'; readonly print: TimePattern }
  | { readonly is: 'random-string' }
  | { readonly is: 'error-output-type' }
  | PartitionKeyPart;

export interface PartitionKeyPart {
  readonly is: 'partition-key';
  readonly from: 'query' | 'lambda';
  readonly key: string;
}

export type PrefixFault =
  | { readonly is: 'syntax' }
  | { readonly is: 'namespace'; readonly namespace: string }
  | { readonly is: 'value' };

/**
 * Parses Firehose's prefix language: text with expressions `!{namespace:value}`. Never throws. Results are
 * remembered, since a stream evaluates the same prefix for every object.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
export function parsePrefix(text: string): ParsedPrefix {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const fresh = parse(text);
  if (parsed.size >= PARSED_MOST) parsed.clear();
  parsed.set(text, fresh);
  return fresh;
}

const parsed = new Map<string, ParsedPrefix>();
const PARSED_MOST = 1024;

/** A namespace and a value, neither empty, without braces. Linear: no two parts of it can match the same character. */
const EXPRESSION = /!\{([^{}:]+):([^{}]+)\}/g;

function parse(text: string): ParsedPrefix {
  const parts: PrefixPart[] = [];
  let fault: PrefixFault | undefined;
  let end = 0;
  const literal = (between: string): void => {
    if (between.includes('!{')) fault ??= { is: 'syntax' };
    if (between !== '') parts.push({ is: 'text', text: between });
  };
  for (const match of text.matchAll(EXPRESSION)) {
    const [whole, namespace = '', value = ''] = match;
    literal(text.slice(end, match.index));
    end = match.index + whole.length;
    const part = expression(namespace, value);
    if (isFault(part)) fault ??= part;
    parts.push(isFault(part) ? { is: 'text', text: whole } : part);
  }
  const hasExpressions = end > 0;
  literal(text.slice(end));
  return fault === undefined ? { parts, hasExpressions } : { parts, hasExpressions, fault };
}

function expression(namespace: string, value: string): PrefixPart | PrefixFault {
  switch (namespace) {
    case 'timestamp': {
      const print = compileTimePattern(value);
      return print === undefined ? { is: 'value' } : { is: 'timestamp', print };
    }
    case 'firehose':
      return value === 'random-string' || value === 'error-output-type' ? { is: value } : { is: 'value' };
    case 'partitionKeyFromQuery':
      return { is: 'partition-key', from: 'query', key: value };
    case 'partitionKeyFromLambda':
      return { is: 'partition-key', from: 'lambda', key: value };
    default:
      return { is: 'namespace', namespace };
  }
}

function isFault(part: PrefixPart | PrefixFault): part is PrefixFault {
  return part.is === 'syntax' || part.is === 'namespace' || part.is === 'value';
}
