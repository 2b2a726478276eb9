import { ConfigError } from '../core/errors.ts';
import { didYouMean } from './did-you-mean.ts';

/**
 * Reads one setting: gives the value in the form the service uses, or throws a `ConfigError` that names the setting as
 * the operator wrote it: `--port` on the command line, `s3.endpoint` in a configuration file.
 */
export type Setting<T> = (given: unknown, path: string) => T;

export function wholeNumber(least: number, most: number): Setting<number> {
  return (given, path) => {
    if (Number.isInteger(given) && Number(given) >= least && Number(given) <= most) return Number(given);
    throw wrong(path, given, `a whole number from ${least} to ${most}`);
  };
}

export const text: Setting<string> = (given, path) => {
  if (typeof given === 'string' && given !== '') return given;
  throw wrong(path, given, 'a text');
};

export function textLike(pattern: RegExp, described: string): Setting<string> {
  return (given, path) => {
    if (typeof given === 'string' && pattern.test(given)) return given;
    throw wrong(path, given, described);
  };
}

export const region = textLike(/^[a-z0-9-]{1,32}$/, "a region's name, such as us-east-1");

export function httpUrl(described: string): Setting<string> {
  return (given, path) => {
    if (typeof given === 'string' && /^https?:\/\/[^/]/.test(given) && URL.canParse(given)) return given;
    throw wrong(path, given, described);
  };
}

/** A point in time, in ms since the epoch. Says its zone, unless it is a day, which starts in UTC. */
export const instant: Setting<number> = (given, path) => {
  const isIso =
    typeof given === 'string' && /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(given);
  const time = isIso ? Date.parse(given) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw wrong(path, given, 'a time such as 2026-01-15T12:30:00Z, or a day');
};

export const yesOrNo: Setting<boolean> = (given, path) => {
  if (typeof given === 'boolean') return given;
  throw wrong(path, given, 'true or false');
};

export function oneOf<V extends string>(...values: readonly V[]): Setting<V> {
  return (given, path) => {
    const value = values.find((each) => each === given);
    if (value !== undefined) return value;
    const hint = typeof given === 'string' ? didYouMean(given, values) : '';
    throw wrong(path, given, `one of ${values.join(', ')}`, hint);
  };
}

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 1024,
  MIB: 1024 ** 2,
  GIB: 1024 ** 3,
  TIB: 1024 ** 4,
};

/** A number of bytes, at least `least`: `10GiB`, `500MB`, or the number itself. */
export function sizeBytes(least: number): Setting<number> {
  return quantity(SIZE_UNITS, { described: 'a size such as 10GiB, 500MB or a number of bytes', least });
}

const DURATION_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  MS: 1,
  S: 1_000,
  M: 60_000,
  MIN: 60_000,
  H: 3_600_000,
  D: 86_400_000,
};

/** A time in ms: `250ms`, `2s`, `5m`, or a number of ms. */
export function durationMs(most: number): Setting<number> {
  return quantity(DURATION_UNITS, { described: 'a time such as 250ms, 2s, 5m or a number of milliseconds', most });
}

interface QuantityLimits {
  readonly described: string;
  readonly least?: number;
  readonly most?: number;
}

function quantity(units: Readonly<Record<string, number>>, limits: QuantityLimits): Setting<number> {
  const { described, least = 0, most = Number.MAX_SAFE_INTEGER } = limits;
  return (given, path) => {
    const [, count, unit] = /^(\d{1,15}(?:\.\d{1,6})?) ?([A-Za-z]{0,3})$/.exec(String(given)) ?? [];
    const factor = units[unit?.toUpperCase() ?? '?'];
    if (count === undefined || factor === undefined || typeof given === 'boolean') throw wrong(path, given, described);
    const amount = Math.round(Number(count) * factor);
    if (amount < least) throw new ConfigError(path, `must be at least ${least}; it is ${amount}.`);
    if (amount > most) throw new ConfigError(path, `must be at most ${most}; it is ${amount}.`);
    return amount;
  };
}

/** An object with these members and no others; all may be absent. Absent and undefined are the same. */
export function members<S extends Readonly<Record<string, Setting<unknown>>>>(
  known: S,
): Setting<{ readonly [K in keyof S]?: ReturnType<S[K]> }> {
  return (given, path) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong(path, given, 'an object');
    const found: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(given)) {
      const at = path === '' ? name : `${path}.${name}`;
      const setting = Object.hasOwn(known, name) ? known[name] : undefined;
      if (setting === undefined) throw unknownMember(at, name, Object.keys(known));
      if (value !== undefined) found[name] = setting(value, at);
    }
    return found as { readonly [K in keyof S]?: ReturnType<S[K]> }; // each member was read by its own setting
  };
}

/** An object of any members whose names match; `described` says what such a name is. */
export function mapOf<T>(
  setting: Setting<T>,
  { pattern, described }: { readonly pattern: RegExp; readonly described: string },
): Setting<Readonly<Record<string, T>>> {
  return (given, path) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong(path, given, 'an object');
    const entries = Object.entries(given).map(([name, value]): [string, T] => {
      if (!pattern.test(name)) throw new ConfigError(`${path}.${name}`, `its name must be ${described}.`);
      return [name, setting(value, `${path}.${name}`)];
    });
    return Object.fromEntries(entries);
  };
}

export function listOf<T>(setting: Setting<T>): Setting<readonly T[]> {
  return (given, path) => {
    if (!Array.isArray(given)) throw wrong(path, given, 'a list');
    return given.map((item: unknown, i) => setting(item, `${path}[${i}]`));
  };
}

/** The error's message without the name of the setting, for where that stands already. */
export function reasonOf({ field, message }: ConfigError): string {
  return message.slice(`${field}: `.length);
}

/** There is no such member here. */
export function unknownMember(path: string, name: string, known: readonly string[]): ConfigError {
  return new ConfigError(path, `there is no such member.${didYouMean(name, known)}`);
}

function wrong(path: string, given: unknown, described: string, hint = ''): ConfigError {
  return new ConfigError(path, `must be ${described}; it is ${shown(given)}.${hint}`);
}

const LONGEST_SHOWN = 100;

/** What was given, for a message. */
function shown(given: unknown): string {
  if (Array.isArray(given)) return 'a list';
  if (typeof given === 'object' && given !== null) return 'an object';
  if (typeof given === 'function') return 'a function';
  return typeof given === 'string' ? JSON.stringify(given.slice(0, LONGEST_SHOWN)) : String(given);
}
