import type { LocalTime } from './time-zone.ts';

export type ZoneNameStyle = 'short' | 'long' | 'short-generic' | 'generic';

/** A zone's English name at an instant: `CEST`, `Central European Summer Time`, `CET`, `Central European Time`. */
export function zoneName(time: LocalTime, style: ZoneNameStyle): string {
  const timeZoneName = (
    { short: 'short', long: 'long', 'short-generic': 'shortGeneric', generic: 'longGeneric' } as const
  )[style];
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: time.zone, timeZoneName }).formatToParts(
    time.epochSeconds * 1000,
  );
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? time.zone;
}
