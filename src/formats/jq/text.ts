import type { JsonValue } from '../../core/json.ts';
import { makes } from './meter.ts';
import { fromUtf8 } from './utf8.ts';
import { isArray, kindOf, memberOf } from './values.ts';

/** jq 1.6 prints no deeper. */
const PRINT_DEPTH_MOST = 256;

/**
 * jq's own text of a value: what `tojson` gives. Like JSON.stringify but for numbers (1e1000 is
 * 1.7976931348623157e+308, -0 is -0, not-a-number is null, exponents have two digits), the escape of U+007F, and values
 * deeper than 256, in whose place it says so.
 */
export function jqText(value: JsonValue): string {
  return print(value, 0);
}

function print(value: JsonValue, depth: number): string {
  if (depth > PRINT_DEPTH_MOST) return '<skipped: too deep>';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return numberText(value);
  if (typeof value !== 'object' || value === null) return String(value);
  let text = '';
  if (isArray(value)) {
    for (const each of value) text += `${text === '' ? '' : ','}${print(each, depth + 1)}`;
    text = `[${text}]`;
  } else {
    for (const key of Object.keys(value)) {
      text += `${text === '' ? '' : ','}${quoted(key)}:${print(memberOf(value, key) ?? null, depth + 1)}`;
    }
    text = `{${text}}`;
  }
  makes(text.length);
  return text;
}

function quoted(text: string): string {
  makes(text.length);
  const json = JSON.stringify(text);
  return json.includes('\x7f') ? json.replaceAll('\x7f', '\\u007f') : json;
}

/** The shortest digits that read back as the same number, in jq's layout. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return 'null';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (value === Infinity) return '1.7976931348623157e+308';
  if (value === -Infinity) return '-1.7976931348623157e+308';
  if (Number.isInteger(value) && value < 1e17 && value > -1e17) return integerText(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  const digits = mantissa.replace(/[-.]/g, '');
  const point = Number(exponent) + 1;
  return point <= -4 || point > digits.length + 15 ? scientific(mantissa, point - 1) : String(value);
}

/** Whole numbers print in full unless fifteen zeros and more would follow the digits. */
function integerText(value: number): string {
  const text = String(value);
  if (text.length < 17) return text;
  const digits = text.replace('-', '').replace(/0+$/, '').length;
  const point = text.replace('-', '').length;
  const [mantissa = ''] = value.toExponential().split('e');
  return point > digits + 15 ? scientific(mantissa, point - 1) : text;
}

function scientific(mantissa: string, exponent: number): string {
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`;
}

/** A value for an error message: its kind, and its text cut to so many bytes of a C buffer. */
export function described(value: JsonValue): string {
  return `${kindOf(value)} (${shortText(value, MESSAGE_BUFFER_BYTES)})`;
}

const MESSAGE_BUFFER_BYTES = 15;
const ELLIPSIS = Buffer.from('...');

export function shortText(value: JsonValue, bufferBytes: number): string {
  const bytes = Buffer.from(jqText(value));
  if (bytes.length < bufferBytes) return bytes.toString();
  // The cut may fall into a character, and then jq prints U+FFFD.
  return fromUtf8(Buffer.concat([bytes.subarray(0, bufferBytes - 4), ELLIPSIS]));
}
