import { firehosePrice, httpApiPrice, PRICES, priceOf, type Requests } from './prices.ts';
import type { Row } from './table.ts';

/** What the functions asked for while they took puts in, and afterwards to deliver them. */
export interface Counted {
  readonly recordBytes: number;
  readonly recordsAPut: number;
  readonly puts: number;
  readonly sealed: string;
  readonly objects: number;
  readonly putting: Requests;
  readonly delivering: Requests;
}

const COLUMNS: Readonly<Record<keyof Requests, readonly [name: string, digits: number]>> = {
  gateway: ['API', 0],
  invocations: ['Lambda', 1],
  gbSeconds: ['GB-s', 4],
  dynamo: ['DynamoDB', 1],
  writeUnits: ['write units', 1],
  readUnits: ['read units', 1],
  s3Puts: ['S3 PUT', 1],
  s3Gets: ['S3 GET', 1],
  sqs: ['SQS', 2],
};
const NAMES = Object.keys(COLUMNS) as (keyof Requests)[]; // of an object that has no others

/** Two rows a case: what a put asks for, and what an object does from its seal on. */
export function requestRows(all: readonly Counted[]): Row[] {
  return all.flatMap(({ recordBytes, recordsAPut, sealed, puts, objects, putting, delivering }) => {
    const head = { put: `${recordsAPut} × ${recordBytes} B`, sealed, 'puts an object': (puts / objects).toFixed(1) };
    const row = (of: string, requests: Requests, by: number): Row => ({
      ...head,
      each: of,
      ...Object.fromEntries(
        NAMES.map((name) => {
          const [column, digits] = COLUMNS[name];
          return [column, (requests[name] / by).toFixed(digits)];
        }),
      ),
    });
    return [row('put', putting, puts), row('object', delivering, objects)];
  });
}

const MILLION = 1_000_000;

/** What a million records cost, by the rows of `requestRows` and nothing else. */
export function moneyRows(requests: readonly Row[]): Row[] {
  return requests.flatMap((row, i) => {
    const after = requests[i + 1];
    if (row.each !== 'put' || after === undefined) return [];
    const [recordsAPut = 0, recordBytes = 0] = `${row.put}`.split(/\D+/).map(Number);
    const puts = MILLION / recordsAPut;
    const objects = puts / Number(row['puts an object']);
    const [ofPut, ofObject] = [requestsIn(row), requestsIn(after)];
    const hydrant = puts * priceOf(ofPut) + objects * priceOf(ofObject);
    const withHttpApi = hydrant - puts * (PRICES.restApi - httpApiPrice(recordsAPut, recordBytes));
    const firehose = firehosePrice(MILLION, recordBytes);
    const mib = (MILLION * recordBytes) / 1024 ** 2;
    return [
      {
        put: `${row.put}`,
        sealed: `${row.sealed}`,
        Hydrant: hydrant.toFixed(3),
        'with an HTTP API': withHttpApi.toFixed(3),
        Firehose: firehose.toFixed(3),
        'of it': (hydrant / firehose).toFixed(2),
        'Hydrant a GB': ((hydrant / mib) * 1024).toFixed(3),
        'Firehose a GB': ((firehose / mib) * 1024).toFixed(3),
        'requests a MiB': ((puts * askedIn(ofPut) + objects * askedIn(ofObject)) / mib).toFixed(1),
      },
    ];
  });
}

function requestsIn(row: Row): Requests {
  const numbers = NAMES.map((name) => [name, Number(row[COLUMNS[name][0]])]);
  return Object.fromEntries(numbers) as Requests; // of all its names
}

const askedIn = ({ gateway, invocations, dynamo, s3Puts, s3Gets, sqs }: Requests): number =>
  gateway + invocations + dynamo + s3Puts + s3Gets + sqs;

/** Of 31 days. */
const MINUTES = 44_640;
/** Lambda begins with so many pollers a queue, each of which asks anew when SQS has waited for 20 s. */
const POLLS_A_MINUTE = 5 * 3;
const QUEUES = 2;
const ALARMS = 6;

/** What a deployment costs in a month that takes nothing, with what one run of the sweep asks for. */
export function fixedRows(sweep: Requests): Row[] {
  const polls = QUEUES * POLLS_A_MINUTE * MINUTES;
  const rows: readonly (readonly [what: string, usd: number])[] = [
    [`the sweep, ${MINUTES} times, each ${sweep.dynamo} queries of DynamoDB`, MINUTES * priceOf(sweep)],
    [`Lambda's polling of the two queues, about ${polls} requests`, polls * PRICES.sqs],
    [`${ALARMS} alarms`, ALARMS * PRICES.alarm],
    ['the secret that holds the data key', PRICES.secret],
  ];
  const sum = rows.reduce((total, [, usd]) => total + usd, 0);
  return [...rows, ['together', sum] as const].map(([what, usd]) => ({ what, 'USD a month': usd.toFixed(2) }));
}
