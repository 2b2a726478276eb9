import type { JsonValue } from '../../core/json.ts';
import { makes, SLOT_BYTES, step } from './meter.ts';

/** jq counts code points; JavaScript counts units. Only in text with surrogates do they differ. */
const SURROGATE = /[\ud800-\udfff]/;

export function lengthOf(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** From one code point up to, and without, another. */
export function sliceOf(text: string, from: number, to: number): string {
  makes(to - from);
  if (!SURROGATE.test(text)) return text.slice(from, to);
  const start = unitAt(text, from, 0);
  return text.slice(start, unitAt(text, to - from, start));
}

/** The unit at which the code point begins that is so many after a unit. */
function unitAt(text: string, points: number, from: number): number {
  let unit = from;
  for (let i = 0; i < points && unit < text.length; i++) unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  return unit;
}

/** How many code points stand before a unit. */
export function pointsBefore(text: string, unit: number): number {
  return SURROGATE.test(text) ? lengthOf(text.slice(0, unit)) : unit;
}

/** Where it occurs, without overlaps, in bytes: so jq 1.6 counts here. */
export function byteIndexes(text: string, part: string): readonly number[] {
  const found: number[] = [];
  let bytes = 0;
  let counted = 0;
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) {
    // An empty part is found at the same place for ever; jq 1.6 does not end. The count of steps does.
    step();
    bytes += Buffer.byteLength(text.slice(counted, at));
    counted = at;
    makes(SLOT_BYTES);
    found.push(bytes);
  }
  return found;
}

/** Unlike JavaScript's, an empty text has no parts. */
export function split(text: string, separator: string): readonly JsonValue[] {
  makes(text.length * SLOT_BYTES);
  if (text === '') return [];
  return separator === '' ? [...text] : text.split(separator);
}

/** What is no character becomes U+FFFD. */
export function fromCodePoint(point: number): string {
  const whole = Math.trunc(point);
  return whole < 0 || whole > 0x10ffff || (whole >= 0xd800 && whole <= 0xdfff) || Number.isNaN(whole)
    ? '\ufffd'
    : String.fromCodePoint(whole);
}
