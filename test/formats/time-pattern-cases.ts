/** What Java and we are asked: patterns, instants and zones in which calendars are easily got wrong. */
export interface TimePatternCase {
  readonly pattern: string;
  /** Seconds since the epoch. */
  readonly at: number;
  readonly zone: string;
}

/** A case and Java's answer: the text, or null when it refuses the pattern. */
export interface AnsweredCase extends TimePatternCase {
  readonly text: string | null;
}

/** Cases drawn at random, the same for the same seed. */
export function* randomCases(seed: number, count: number): Generator<TimePatternCase> {
  const random = randomNumbers(seed);
  for (let i = 0; i < count; i++) {
    yield { pattern: randomPattern(random), at: pick(random, INSTANTS), zone: pick(random, ZONES) };
  }
}

/** Every letter in runs of one to six, and everything else the language has. */
export function* orderlyCases(): Generator<TimePatternCase> {
  let turn = 0;
  const next = (pattern: string): TimePatternCase => {
    turn++;
    return { pattern, at: INSTANTS[turn % INSTANTS.length]!, zone: ZONES[turn % ZONES.length]! };
  };
  for (const letter of LETTERS) for (let length = 1; length <= 6; length++) yield next(letter.repeat(length));
  for (const pattern of WHOLE_PATTERNS) for (const _ of ZONES) yield next(pattern);
}

/** `v` is left out: Java words generic zone names in its own way. */
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuwxyz';

/** Those that stand for something alone. */
const USUAL_LETTERS = 'ABDEFGHKLMNOQSWXYZacdeghkmnqsuwxyz';

const WHOLE_PATTERNS = [
  'yyyy/MM/dd/HH/',
  "'year='yyyy'/month='MM'/day='dd'/hour='HH",
  "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
  'YYYY-ww-e',
  "YYYY-'W'w W F D",
  "h 'o''clock' a, zzzz",
  "EEEE, d. MMMM uuuu G ''",
  '[yyyy][-[MM]]',
  'ppppppH|pppA|ppppppppppppQQQQ',
  'x X xx XX xxx XXX Z ZZZZ ZZZZZ O OOOO',
  'B BBBB BBBBB',
  'VV z',
  'g A N n S SSSSSSSSS',
  'k K h H kk KK hh HH',
];

const REFUSED_PIECES = ['{', '}', '#', "'", ']', 'p', 'b', 'cc', 'yyyyyyyyyyyyyyyyyyyy'];
const LITERAL_PIECES = ["''", "'text'", "'it''s'", '/', '-', ':', ' ', '_', '.', '0', '[', 'é', '=', '%'];

const ZONES = [
  'UTC',
  'America/New_York',
  'Europe/Berlin',
  'Asia/Tokyo',
  'Asia/Calcutta',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Europe/London',
];

/** Turns of years and weeks, leap days, changes of clocks in New York, Berlin and Lord Howe, noon, midnight. */
const INSTANTS = [
  '1999-12-31T23:59:59Z',
  '2000-02-29T12:00:00Z',
  '2017-01-01T00:00:00Z',
  '2022-01-01T12:34:56Z',
  '2023-12-31T04:00:00Z',
  '2024-02-29T15:30:00Z',
  '2024-12-29T00:00:01Z',
  '2025-03-09T06:59:59Z',
  '2025-03-09T07:00:00Z',
  '2025-03-30T01:00:00Z',
  '2025-04-05T15:00:00Z',
  '2025-10-04T15:30:00Z',
  '2025-10-26T00:59:59Z',
  '2025-11-02T06:00:00Z',
  '2026-01-03T17:59:00Z',
  '2026-06-15T20:00:30Z',
  '2026-07-13T10:01:02Z',
  '2026-12-27T03:04:05Z',
  '2027-01-02T21:00:00Z',
].map((text) => Date.parse(text) / 1000);

function randomPattern(random: () => number): string {
  let pattern = '';
  for (let pieces = 1 + Math.floor(random() * 5); pieces > 0; pieces--) {
    const kind = random();
    if (kind < 0.6) pattern += pick(random, [...USUAL_LETTERS]).repeat(1 + Math.floor(random() ** 2 * 5));
    else if (kind < 0.97) pattern += pick(random, LITERAL_PIECES);
    else pattern += pick(random, REFUSED_PIECES);
  }
  return pattern;
}

function pick<Item>(random: () => number, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!; // random() < 1
}

/** mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
