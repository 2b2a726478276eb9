import { ConfigError } from '../../core/errors.ts';
import type { InputFormat } from './format-options.ts';
import { epochInstant, type Instant, isoInstant, millisInstant, sqlInstant } from './instants.ts';
import { jodaPattern } from './joda-pattern.ts';
import { ESCAPED, FRACTION, INTEGER, type Kind, STRING } from './json-tape.ts';
import type { ScalarRules } from './scalars.ts';

/** The rules of the deserializer that a stream has chosen. Throws a ConfigError for a pattern that cannot be read. */
export function scalarRules(input: InputFormat): ScalarRules {
  if (input.kind === 'openx') return { isLenient: true, instant: openXInstant };
  const formats = input.timestampFormats.map(timestampFormat);
  return { isLenient: false, instant: (kind, bytes, start, end) => hiveInstant(formats, kind, bytes, start, end) };
}

function openXInstant(kind: Kind, bytes: Buffer, start: number, end: number): Instant | undefined {
  if (!isScalarText(kind)) return undefined;
  const instant = isoInstant(bytes, start, end);
  if (instant !== undefined || end - start > TIMESTAMP_CHARACTERS_MOST) return instant;
  const text = bytes.toString('latin1', start, end);
  return sqlInstant(text) ?? epochInstant(text);
}

type TimestampFormat = (text: string) => Instant | undefined;

function hiveInstant(
  formats: readonly TimestampFormat[],
  kind: Kind,
  bytes: Buffer,
  start: number,
  end: number,
): Instant | undefined {
  if (!isScalarText(kind) || end - start > TIMESTAMP_CHARACTERS_MOST) return undefined;
  const text = bytes.toString('latin1', start, end);
  for (const format of formats) {
    const instant = format(text);
    if (instant !== undefined) return instant;
  }
  return sqlInstant(text);
}

/** No format has a longer one. */
const TIMESTAMP_CHARACTERS_MOST = 256;

function isScalarText(kind: Kind): boolean {
  return kind === STRING || kind === ESCAPED || kind === INTEGER || kind === FRACTION;
}

function timestampFormat(pattern: string): TimestampFormat {
  if (pattern === 'millis') return millisInstant;
  const compiled = jodaPattern(pattern);
  if (compiled !== undefined) return compiled;
  throw new ConfigError(
    'InputFormatConfiguration.Deserializer.HiveJsonSerDe.TimestampFormats',
    'One or more SerDe options are invalid for org.apache.hcatalog.data.JsonSerDe: ' +
      `[Key: timestamp.formats Value: ${pattern}]`,
  );
}
