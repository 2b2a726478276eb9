/** Firehose's IndexRotationPeriod. */
export type IndexRotation = 'NoRotation' | 'OneHour' | 'OneDay' | 'OneWeek' | 'OneMonth';

const ROTATIONS: readonly unknown[] = [
  'NoRotation',
  'OneHour',
  'OneDay',
  'OneWeek',
  'OneMonth',
] satisfies IndexRotation[];

export function isRotation(value: unknown): value is IndexRotation {
  return ROTATIONS.includes(value);
}

/**
 * The index that a record which arrived then belongs to, by UTC.
 * https://docs.aws.amazon.com/firehose/latest/dev/es-index-rotation.html
 */
export function rotatedIndex(name: string, rotation: IndexRotation, arrivedAt: number): string {
  const time = new Date(arrivedAt).toISOString();
  switch (rotation) {
    case 'NoRotation':
      return name;
    case 'OneHour':
      return `${name}-${time.slice(0, 10)}-${time.slice(11, 13)}`;
    case 'OneDay':
      return `${name}-${time.slice(0, 10)}`;
    case 'OneWeek':
      return `${name}-${week(arrivedAt)}`;
    case 'OneMonth':
      return `${name}-${time.slice(0, 7)}`;
  }
}

const DAY_MS = 86_400_000;

/**
 * Weeks begin on Sunday and belong to the year they begin in. The guide says that the first week is the first "that
 * contains a Saturday", and shows 25 February 2016 in week 8: both hold when the first week is the first whole one.
 */
function week(at: number): string {
  const sunday = new Date(at - new Date(at).getUTCDay() * DAY_MS);
  const year = sunday.getUTCFullYear();
  const daysBefore = Math.floor((sunday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS);
  return `${year}-w${String(Math.floor(daysBefore / 7) + 1).padStart(2, '0')}`;
}
