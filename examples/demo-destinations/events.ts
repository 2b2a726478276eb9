/** How many events go to every destination. Each carries its number, so that all can be counted afterwards. */
export const EVENTS = 20_000;

const PAGES = ['/', '/pricing', '/docs', '/login', '/cart'];

/** An event as every destination can take it; one in a hundred is cut off, which only some do. */
export function eventOf(number: number): string {
  const page = PAGES[number % PAGES.length];
  const event = { number, page, milliseconds: 20 + ((number * 37) % 900), agent: 'Mozilla/5.0 (X11; Linux x86_64)' };
  const text = JSON.stringify({ event });
  return isCutOff(number) ? text.slice(0, -10) : text;
}

export function isCutOff(number: number): boolean {
  return number % 100 === 99;
}

/** The numbers of the events in a text, in whatever form it has them. */
export function numbersIn(text: string): readonly number[] {
  return [...text.matchAll(/\\?"number\\?":(\d+)/g)].map(([, digits]) => Number(digits));
}
