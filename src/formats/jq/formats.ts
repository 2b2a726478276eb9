import { toUSVString } from 'node:util';
import type { JsonValue } from '../../core/json.ts';
import { plus } from './arithmetic.ts';
import { raised, typeError } from './errors.ts';
import { type Filter, ofMany, ofOne } from './filter.ts';
import { makes } from './meter.ts';
import { jqText } from './text.ts';
import { fromUtf8 } from './utf8.ts';
import { isArray } from './values.ts';

type Format = (value: JsonValue) => string;

export function tostring(value: JsonValue): string {
  return typeof value === 'string' ? value : jqText(value);
}

const FORMATS = new Map<string, Format>([
  ['text', tostring],
  ['json', jqText],
  ['csv', (value) => row(value, 'csv', ',', (text) => `"${text.replaceAll('"', '""')}"`)],
  [
    'tsv',
    (value) => row(value, 'tsv', '\t', (text) => text.replace(/[\t\r\n\\\0]/g, (char) => TSV_ESCAPES[char] ?? '')),
  ],
  ['html', (value) => tostring(value).replace(/[<>&'"\0]/g, (char) => HTML_ESCAPES[char] ?? '')],
  ['uri', (value) => encodeURIComponent(toUSVString(tostring(value)))],
  ['sh', shell],
  ['base64', (value) => Buffer.from(tostring(value)).toString('base64')],
  ['base64d', decoded],
]);

const TSV_ESCAPES: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\r': '\\r',
  '\n': '\\n',
  '\\': '\\\\',
  '\0': '\\0',
};
const HTML_ESCAPES: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  "'": '&apos;',
  '"': '&quot;',
  '\0': '\\0',
};

/** `@name`. One that there is not is an error of every input, as in jq. */
export function formatter(name: string): Format {
  const format = FORMATS.get(name);
  return (value) => {
    if (format === undefined) throw raised(`${name} is not a valid format`);
    const text = format(value);
    makes(text.length);
    return text;
  };
}

/** `format(name)` */
export function formatBy(value: JsonValue, name: JsonValue): JsonValue {
  if (typeof name !== 'string') throw typeError(name, 'is not a valid format');
  return formatter(name)(value);
}

/** A string with expressions in it, each formatted: the first changes fastest. */
export function formatted(name: string, parts: readonly (string | Filter)[]): Filter {
  const format = formatter(name);
  const ones = parts.map((part) => (typeof part === 'string' ? part : part.one));
  if (ones.every((part) => part !== undefined)) {
    return ofOne((input, env) => {
      const texts = ones.map(() => '');
      for (let i = ones.length - 1; i >= 0; i--) {
        const part = ones[i]!; // below its length
        texts[i] = typeof part === 'string' ? part : format(part(input, env));
      }
      return texts.join('');
    });
  }
  return ofMany((input, env, emit) => {
    const fill = (index: number, tail: JsonValue): void => {
      const part = parts[index];
      if (part === undefined) emit(tail);
      else if (typeof part === 'string') fill(index - 1, plus(part, tail));
      else part.each(input, env, (value) => fill(index - 1, plus(format(value), tail)));
    };
    fill(parts.length - 1, '');
  });
}

function row(value: JsonValue, name: 'csv' | 'tsv', separator: string, quote: (text: string) => string): string {
  if (!isArray(value)) throw typeError(value, `cannot be ${name}-formatted, only array`);
  return value
    .map((cell) => {
      if (cell === null || Number.isNaN(cell)) return '';
      if (typeof cell === 'string') return quote(cell);
      if (typeof cell === 'object') throw typeError(cell, 'is not valid in a csv row');
      return jqText(cell);
    })
    .join(separator);
}

function shell(value: JsonValue): string {
  const words = isArray(value) ? value : [value];
  return words
    .map((word) => {
      if (typeof word === 'string') return `'${word.replaceAll("'", "'\\''").replaceAll('\0', '\\0')}'`;
      if (typeof word === 'object' && word !== null) throw typeError(word, 'can not be escaped for shell');
      return jqText(word);
    })
    .join(' ');
}

/** Reads to the first `=`. */
function decoded(value: JsonValue): string {
  const text = tostring(value);
  const [body = ''] = text.split('=', 1);
  if (/[^A-Za-z0-9+/]/.test(body)) throw typeError(text, 'is not valid base64 data');
  if (body.length % 4 === 1) throw typeError(text, 'trailing base64 byte found');
  return fromUtf8(Buffer.from(body, 'base64'));
}
