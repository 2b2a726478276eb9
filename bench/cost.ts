import { randomBytes } from 'node:crypto';
import { type Counted, fixedRows, moneyRows, requestRows } from './cost-tables.ts';
import { added, countedDeployment, NONE } from './counted-deployment.ts';
import type { Requests } from './prices.ts';
import type { Row } from './table.ts';

interface Case {
  readonly recordBytes: number;
  readonly recordsAPut: number;
  readonly puts: number;
  /** Between two puts. */
  readonly everyMs: number;
  /** Of the stream's hint of 5 MiB. */
  readonly intervalSeconds: number;
  readonly sealed: string;
}

const SIZE_MIB = 5;
const SIZES = [200, 1024, 5 * 1024];
/** Enough that what is left over at the end does not matter. */
const BUSY_BYTES = 8 * SIZE_MIB * 1024 ** 2;
const QUIET_PUTS = 3;
const SINGLE_PUTS = 1_200;
const SMALL_PUTS = 120;

/**
 * Streams that seal at their size, and at their time because little comes; and one record a put, ten puts a second.
 * Between them lies where Hydrant is as dear as Firehose: some hundred small records a put.
 */
export function cases(): readonly Case[] {
  const busy = SIZES.map((recordBytes): Case => {
    const puts = Math.ceil(BUSY_BYTES / (recordBytes * 500));
    return { recordBytes, recordsAPut: 500, puts, everyMs: 1_000, intervalSeconds: 300, sealed: 'at 5 MiB' };
  });
  const atMinutes = { intervalSeconds: 60 };
  const quiet = { ...atMinutes, recordsAPut: 500, puts: QUIET_PUTS, everyMs: 61_000, sealed: 'at 60 s, 1 put in it' };
  const small = { ...atMinutes, recordsAPut: 100, puts: SMALL_PUTS, everyMs: 1_000, sealed: 'at 60 s, 60 puts in it' };
  const single = { ...atMinutes, recordsAPut: 1, puts: SINGLE_PUTS, everyMs: 100, sealed: 'at 60 s, 600 puts in it' };
  return [
    ...busy,
    ...SIZES.map((recordBytes) => ({ ...quiet, recordBytes })),
    { ...small, recordBytes: 200 },
    ...SIZES.map((recordBytes) => ({ ...single, recordBytes })),
  ];
}

/** From the first put of a new stream until all of it is delivered. */
export async function count(one: Case): Promise<Counted> {
  const { recordBytes, recordsAPut, puts, everyMs, intervalSeconds, sealed } = one;
  const deployment = await countedDeployment();
  const { request, handleDue, pass, now, nextAt } = deployment;
  const DeliveryStreamName = 'counted';
  await request('CreateDeliveryStream', {
    DeliveryStreamName,
    ExtendedS3DestinationConfiguration: {
      RoleARN: 'arn:aws:iam::000000000000:role/any',
      BucketARN: 'arn:aws:s3:::lake',
      BufferingHints: { SizeInMBs: SIZE_MIB, IntervalInSeconds: intervalSeconds },
    },
  });
  const Data = randomBytes(recordBytes).toString('base64');
  let [putting, delivering] = [NONE, NONE];
  const inInterval = Math.ceil((intervalSeconds * 1_000) / everyMs) * recordsAPut * recordBytes;
  const handle = async (): Promise<void> => {
    delivering = added(delivering, await handleDue(Math.min(inInterval, SIZE_MIB * 1024 ** 2)));
  };
  const passHandling = async (ms: number): Promise<void> => {
    const end = now() + ms;
    for (let at = nextAt(); at !== undefined && at <= end; at = nextAt()) {
      await pass(Math.max(at - now(), 0));
      await handle();
    }
    await pass(end - now());
  };
  for (let i = 0; i < puts; i++) {
    const asked =
      recordsAPut === 1
        ? request('PutRecord', { DeliveryStreamName, Record: { Data } })
        : request('PutRecordBatch', {
            DeliveryStreamName,
            Records: Array.from({ length: recordsAPut }, () => ({ Data })),
          });
    putting = added(putting, await asked);
    await handle();
    await passHandling(everyMs);
  }
  for (let at = nextAt(); at !== undefined; at = nextAt()) await passHandling(Math.max(at - now(), 0));
  const objects = deployment.delivered();
  await deployment.close();
  const bytes = objects.reduce((sum, length) => sum + length, 0);
  if (bytes !== puts * recordsAPut * recordBytes) throw new Error(`Of the records ${bytes} bytes were delivered.`);
  return { recordBytes, recordsAPut, puts, sealed, objects: objects.length, putting, delivering };
}

let counted: Promise<readonly Counted[]> | undefined;

/** Once for all tables. */
async function allCounted(): Promise<readonly Counted[]> {
  counted ??= (async () => {
    const all: Counted[] = [];
    for (const one of cases()) all.push(await count(one));
    return all;
  })();
  return counted;
}

export async function benchCost(): Promise<Row[]> {
  return moneyRows(requestRows(await allCounted()));
}

export async function benchCostRequests(): Promise<Row[]> {
  return requestRows(await allCounted());
}

/** A deployment that takes nothing. */
export async function benchCostMonth(): Promise<Row[]> {
  const deployment = await countedDeployment();
  const sweep: Requests = await deployment.sweep();
  await deployment.close();
  return fixedRows(sweep);
}
