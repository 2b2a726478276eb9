import { once } from 'node:events';
import { type Client, client } from '../../src/cli/client.ts';
import { isJsonObject } from '../../src/core/json.ts';
import type { Random } from '../kit/random.ts';
import { eachLineIn, type Running } from './hydrant.ts';

const SENDERS = 4;
const RECORDS_A_PUT = 100;
/** With it a record has about 1 KB, so that 1 MiB hints are reached all the time. */
const PADDING = 'x'.repeat(1_000);
const LIFE_MS = { least: 30, most: 1_500 };

/** What became of each record, by its number. */
export interface Ledger {
  /** In no particular order. Every number below `sent` was sent, by one put. */
  readonly acknowledged: Set<number>;
  sent: number;
}

/**
 * Puts numbered records to the streams from several senders until the process is killed, at a moment between two puts,
 * in the middle of one or of a delivery. Resolves once the process is gone and the last answer is in.
 */
export async function loadUntilKilled(
  running: Running,
  streams: readonly string[],
  ledger: Ledger,
  random: Random,
): Promise<void> {
  const service = client(running.url);
  let isOver = false;
  const ended = once(running.process, 'exit');
  const timer = setTimeout(
    () => running.process.kill('SIGKILL'),
    LIFE_MS.least + random.below(LIFE_MS.most - LIFE_MS.least),
  );
  const senders = Array.from({ length: SENDERS }, async (_, i) => {
    const streamName = streams[i % streams.length]!; // streams is not empty
    while (!isOver) await put(service, streamName, ledger);
  });
  await ended;
  isOver = true;
  clearTimeout(timer);
  await Promise.all(senders);
  service.close();
}

/** The put of a process that was killed fails: then its records are not acknowledged, and may be there or not. */
async function put(service: Client, streamName: string, ledger: Ledger): Promise<void> {
  const first = ledger.sent;
  ledger.sent += RECORDS_A_PUT;
  const Records = Array.from({ length: RECORDS_A_PUT }, (_, i) => {
    const line = `${first + i} ${PADDING}\n`;
    return { Data: Buffer.from(line).toString('base64') };
  });
  const input = { DeliveryStreamName: streamName, Records };
  const answer = await service.call('PutRecordBatch', input).catch(() => undefined);
  const responses = Array.isArray(answer?.RequestResponses) ? answer.RequestResponses.filter(isJsonObject) : [];
  for (const [i, { RecordId }] of responses.entries()) {
    if (typeof RecordId === 'string') ledger.acknowledged.add(first + i);
  }
}

export interface Findings {
  /** Acknowledged, in no object. */
  readonly lost: readonly number[];
  /** In more than one place, acknowledged or not. */
  readonly doubled: readonly number[];
  /** In an object, though never sent so. */
  readonly strange: readonly string[];
}

/** Holds the lines of all objects of the buckets against what was sent. */
export async function audit(folder: string, buckets: readonly string[], ledger: Ledger): Promise<Findings> {
  const lines = async function* () {
    for (const bucket of buckets) yield* eachLineIn(folder, bucket);
  };
  return auditLines(lines(), ledger);
}

/** Holds lines against what was sent. */
export async function auditLines(lines: AsyncIterable<string>, ledger: Ledger): Promise<Findings> {
  const times = new Uint8Array(ledger.sent);
  const strange: string[] = [];
  for await (const line of lines) {
    const [number = '', padding] = line.split(' ');
    const isSound = /^\d+$/.test(number) && Number(number) < ledger.sent && padding === PADDING;
    if (isSound)
      times[Number(number)]!++; // below sent, the array's length
    else strange.push(line.slice(0, 100));
  }
  const doubled: number[] = [];
  for (const [number, count] of times.entries()) if (count > 1) doubled.push(number);
  return { lost: [...ledger.acknowledged].filter((number) => times[number] === 0), doubled, strange };
}
