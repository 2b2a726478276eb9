import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cases, count } from '../../bench/cost.ts';
import { moneyRows, requestRows } from '../../bench/cost-tables.ts';
import { firehosePrice, httpApiPrice, MEMORY, PRICES } from '../../bench/prices.ts';
import { type Row, table } from '../../bench/table.ts';

const read = (path: string): string => readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8');
const page = read('docs/cost.md');

/** The rows of the page's table that has this column, as texts. */
function rowsWith(column: string): Row[] {
  const lines = page.split('\n');
  const head = lines.findIndex((line) => line.startsWith('|') && cellsOf(line).includes(column));
  const end = lines.findIndex((line, i) => i > head && !line.startsWith('|'));
  const names = cellsOf(lines[head] ?? '');
  return lines.slice(head + 2, end).map((line) => Object.fromEntries(cellsOf(line).map((cell, i) => [names[i], cell])));
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

describe('docs/cost.md', () => {
  const requests = rowsWith('write units');

  it('has what follows from the requests that it lists and from the prices', () => {
    expect(requests).toHaveLength(2 * cases().length);
    expect(page).toContain(table(moneyRows(requests)));
  });

  it('says of a put of 500 records, and of the object made of it, what the functions ask for', async () => {
    const quiet = cases().filter(({ recordBytes, sealed }) => recordBytes === 200 && sealed.includes('1 put in it'));
    const counted = requestRows(await Promise.all(quiet.map(count)));

    expect(counted).toHaveLength(2);
    expect(requests).toEqual(expect.arrayContaining(counted));
  });

  it('says first how much dearer single records are, and from when on batches are cheaper', () => {
    const ratios = (put: RegExp) =>
      rowsWith('of it').flatMap((row) => (put.test(`${row.put}`) ? [Number(row['of it'])] : []));
    const single = ratios(/^1 ×/);
    const [first = ''] = page.split('\n').filter((line) => line.startsWith('**'));

    expect(first).toContain(`${Math.round(Math.min(...single))} to ${Math.round(Math.max(...single))} times`);
    expect(Math.max(...ratios(/^500 ×/))).toBeLessThan(2 / 3);
    expect(ratios(/^100 ×/).map((ratio) => Math.round(ratio * 10) * 10)).toEqual([110]);
  });

  it('has the prices that it is computed from', () => {
    const millions = [PRICES.writeUnit, PRICES.readUnit, PRICES.s3Put, PRICES.s3Get, PRICES.sqs, PRICES.invocation];
    const each = [...millions, PRICES.gbSecond, PRICES.restApi, PRICES.httpApi].map((price) => price * 1_000_000);
    const said = [...page.matchAll(/^\| \[[^|]*\| ([\d., ]+) \|/gm)].flatMap(([, cell = '']) => cell.split(', '));

    for (const price of [...each, PRICES.firehoseGb, PRICES.logsGb, PRICES.alarm, PRICES.secret]) {
      expect(said.map(Number)).toContainEqual(expect.closeTo(price, 6));
    }
  });
});

describe('what the prices are multiplied with', () => {
  it('is the memory of the functions in serverless.yml', () => {
    const said = [...read('serverless.yml').matchAll(/^ {2}(\w+):\n(?: {4}.*\n)*? {4}memorySize: (\d+)/gm)];

    expect(Object.fromEntries(said.map(([, name, memory]) => [name, Number(memory)]))).toEqual(MEMORY);
  });

  it('is, for an HTTP API, each 512 KB begun of a put', () => {
    expect([1, 200, 1024, 5120].map((bytes) => httpApiPrice(500, bytes) / PRICES.httpApi)).toEqual([1, 1, 2, 7]);
  });

  it('is, for Firehose, each record rounded up to 5 KB', () => {
    const gb = 1024 ** 3;

    expect(firehosePrice(gb / 5120, 200)).toBeCloseTo(PRICES.firehoseGb, 10);
    expect(firehosePrice(gb / 5120, 5120)).toBeCloseTo(PRICES.firehoseGb, 10);
    expect(firehosePrice(gb / 5120, 5121)).toBeCloseTo(2 * PRICES.firehoseGb, 10);
  });
});
