/** What a deployment is billed for, of a while. */
export interface Requests {
  readonly gateway: number;
  readonly invocations: number;
  readonly gbSeconds: number;
  /** To DynamoDB, whatever they cost. */
  readonly dynamo: number;
  readonly writeUnits: number;
  readonly readUnits: number;
  readonly s3Puts: number;
  readonly s3Gets: number;
  readonly sqs: number;
}

/**
 * List prices in us-east-1, in USD, as of November 2026 but not compared with AWS's pages, which docs/cost.md links to.
 * What is free each month is not taken off.
 */
export const PRICES = {
  restApi: 3.5e-6,
  httpApi: 1e-6,
  invocation: 0.2e-6,
  /** arm64 */
  gbSecond: 0.0000133334,
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  s3Put: 5e-6,
  s3Get: 0.4e-6,
  sqs: 0.4e-6,
  /** The first 500 TB of a month; a GB is 1024³ bytes, as in AWS's own examples. */
  firehoseGb: 0.029,
  logsGb: 0.5,
  alarm: 0.1,
  secret: 0.4,
} as const;

const GB = 1024 ** 3;
/** Firehose bills records in multiples of it. */
const FIREHOSE_STEP = 5 * 1024;
/** What Lambda itself logs of an invocation: three lines. */
const LOGGED_BYTES = 500;

/** As `serverless.yml` has it, in MB. */
export const MEMORY = { api: 1024, process: 1769, deliver: 1769, sweep: 512 } as const;
export type FunctionName = keyof typeof MEMORY;

/** How long an answer takes, typically and within a region, in ms. */
const ANSWER_MS = { dynamo: 5, s3Put: 30, s3Get: 20, sqs: 10 } as const;
/** Of a function's own work: for an invocation, and for each MiB that it is handed. */
const OWN_MS = { each: 5, aMib: 20 } as const;

type Asked = Pick<Requests, 'dynamo' | 's3Puts' | 's3Gets' | 'sqs'>;

/**
 * GB-seconds of an invocation that asks so much, as if each request waited for the one before. No machine but Lambda
 * can measure it, so it is an estimate, and rather too much.
 */
export function secondsOf(name: FunctionName, { dynamo, s3Puts, s3Gets, sqs }: Asked, bytes: number): number {
  const waited = dynamo * ANSWER_MS.dynamo + s3Puts * ANSWER_MS.s3Put + s3Gets * ANSWER_MS.s3Get + sqs * ANSWER_MS.sqs;
  const ms = waited + OWN_MS.each + (bytes / 1024 ** 2) * OWN_MS.aMib;
  return (ms / 1000) * (MEMORY[name] / 1024);
}

/** In USD, behind a REST API. */
export function priceOf(requests: Requests): number {
  const { gateway, invocations, gbSeconds, writeUnits, readUnits, s3Puts, s3Gets, sqs } = requests;
  const lambda = invocations * (PRICES.invocation + (LOGGED_BYTES / GB) * PRICES.logsGb) + gbSeconds * PRICES.gbSecond;
  const rows = writeUnits * PRICES.writeUnit + readUnits * PRICES.readUnit;
  const objects = s3Puts * PRICES.s3Put + s3Gets * PRICES.s3Get;
  return gateway * PRICES.restApi + lambda + rows + objects + sqs * PRICES.sqs;
}

/** What an HTTP API bills as one request. */
const HTTP_API_STEP = 512 * 1024;
/** `{"Data":""},` around the base64 of each record. */
const JSON_BYTES = 12;

/** What an HTTP API takes for one put, in USD. */
export function httpApiPrice(recordsAPut: number, recordBytes: number): number {
  const bytes = recordsAPut * (Math.ceil(recordBytes / 3) * 4 + JSON_BYTES);
  return Math.ceil(bytes / HTTP_API_STEP) * PRICES.httpApi;
}

/** What Firehose takes for so many records of this size, in USD. */
export function firehosePrice(records: number, recordBytes: number): number {
  const billed = Math.ceil(recordBytes / FIREHOSE_STEP) * FIREHOSE_STEP;
  return ((records * billed) / GB) * PRICES.firehoseGb;
}
