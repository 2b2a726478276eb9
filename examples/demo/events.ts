/** How many events the demo sends. Each carries its number, so that all can be counted afterwards. */
export const EVENTS = 200_000;

export const STREAMS = ['page-views', 'orders', 'sensors'] as const;
export type StreamName = (typeof STREAMS)[number];

const PAGES = ['/', '/pricing', '/docs', '/docs/quickstart', '/blog/durable-by-default', '/login', '/cart'];
const AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0.0.0 Mobile Safari/537.36',
];
const COUNTRIES = ['DE', 'FR', 'US', 'JP', 'BR', 'IN', 'KE'];
const PRODUCTS = ['hose-25m', 'nozzle-brass', 'coupling-c52', 'hydrant-key', 'standpipe'];
const SITES = ['berlin-1', 'lyon-2', 'osaka-1', 'austin-3'];

/** Half of the events are page views, three in ten readings of sensors, the rest orders. */
export function streamOf(number: number): StreamName {
  const digit = number % 10;
  if (digit < 5) return 'page-views';
  return digit < 8 ? 'sensors' : 'orders';
}

/** The event as a producer would send it: one line of JSON. */
export function eventLine(number: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ number, time, ...BODIES[streamOf(number)](number) })}\n`;
}

const BODIES: Readonly<Record<StreamName, (number: number) => object>> = {
  'page-views': (number) => ({
    session: sessionOf(number),
    page: pick(PAGES, number * 7),
    referrer: number % 3 === 0 ? 'https://www.example.com/search' : null,
    country: pick(COUNTRIES, number * 13),
    userAgent: pick(AGENTS, number),
    milliseconds: 20 + ((number * 37) % 900),
  }),
  orders: (number) => ({
    order: `o-${String(number).padStart(8, '0')}`,
    customer: sessionOf(number),
    items: [
      { product: pick(PRODUCTS, number), quantity: 1 + (number % 4), cents: 990 + ((number * 31) % 9_000) },
      { product: pick(PRODUCTS, number * 3), quantity: 1, cents: 2_490 },
    ],
    currency: 'EUR',
    country: pick(COUNTRIES, number),
  }),
  sensors: (number) => ({
    site: pick(SITES, number),
    device: `meter-${(number * 17) % 500}`,
    pressureBar: Math.round(400 + 60 * Math.sin(number / 500)) / 100,
    flowLitresPerMinute: (number * 11) % 1_600,
    temperatureCelsius: Math.round(110 + 40 * Math.cos(number / 900)) / 10,
    isOpen: number % 97 === 0,
  }),
};

function sessionOf(number: number): string {
  return ((number * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0');
}

function pick<T>(from: readonly T[], number: number): T {
  return from[number % from.length]!; // below its length
}
