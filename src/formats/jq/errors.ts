import type { JsonValue } from '../../core/json.ts';
import type { Raised } from './meter.ts';
import { described } from './text.ts';

/** To be thrown: an error that the query can catch. */
export function raised(value: JsonValue): Raised {
  return { is: 'error', value };
}

/** `string ("a") has no keys`. */
export function typeError(value: JsonValue, what: string): Raised {
  return raised(`${described(value)} ${what}`);
}

/** `string ("a") and number (1) cannot be added`. */
export function typeError2(left: JsonValue, right: JsonValue, what: string): Raised {
  return raised(`${described(left)} and ${described(right)} ${what}`);
}
