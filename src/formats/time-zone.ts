/** An instant as a clock on some zone's wall shows it, to the second: Firehose's object names know nothing finer. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Ahead of UTC, in seconds. */
  readonly offsetSeconds: number;
  readonly epochSeconds: number;
  readonly zone: string;
}

/** The wall clock of a zone that `isTimeZone` accepts, at `at` (ms since the epoch). */
export function localTime(at: number, zone: string): LocalTime {
  const epochSeconds = Math.floor(at / 1000);
  const offsetSeconds = zone === 'UTC' ? 0 : offsetAt(epochSeconds, zone);
  const wall = new Date((epochSeconds + offsetSeconds) * 1000);
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
    offsetSeconds,
    epochSeconds,
    zone,
  };
}

/**
 * Whether Firehose takes the name as CustomTimeZone: UTC, or an IANA zone whose name is not a three-letter one. AWS
 * also refuses newer spellings (`Asia/Kolkata` beside `Asia/Calcutta`); they are taken here, since their meaning is
 * not in doubt.
 */
export function isTimeZone(name: string): boolean {
  if (name === 'UTC') return true;
  // Intl also takes offsets such as +01:00, which are no names, and any capitalisation.
  return name.length > 3 && /^[A-Z][a-zA-Z/_+-]+$/.test(name) && clockOf(name) !== undefined;
}

function offsetAt(epochSeconds: number, zone: string): number {
  const clock = clockOf(zone);
  if (clock === undefined) throw new RangeError(`${zone} is not a time zone`);
  const wall: Record<string, number> = {};
  for (const part of clock.formatToParts(epochSeconds * 1000)) wall[part.type] = Number(part.value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = wall;
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - epochSeconds;
}

/** Making a formatter costs a thousand times more than using it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

/** More than there are zones; but Intl takes each in any capitalisation. */
const CLOCKS_MOST = 1000;

function clockOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  try {
    const clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (clocks.size >= CLOCKS_MOST) clocks.clear();
    clocks.set(zone, clock);
    return clock;
  } catch {
    return undefined; // Intl throws a RangeError for what is no zone: the only way to ask it.
  }
}
