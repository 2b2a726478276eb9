import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { benchBacklog } from './backlog.ts';
import { benchColdStart } from './cold-start.ts';
import { benchConversion } from './conversion.ts';
import { benchCost, benchCostMonth, benchCostRequests } from './cost.ts';
import { benchDelivery } from './delivery.ts';
import { benchHttpEndpoint } from './http-endpoint.ts';
import { benchIngest } from './ingest.ts';
import { benchJq } from './jq.ts';
import { benchOpenSearch } from './opensearch.ts';
import { benchParquet } from './parquet.ts';
import { benchSlowFarSide } from './slow-far-side.ts';
import { benchSources } from './sources.ts';
import { benchSplunk } from './splunk.ts';
import { table } from './table.ts';
import { benchTraffic } from './traffic.ts';

/**
 * What the service does on this machine, each figure beside its ceiling measured in the same run: `npm run bench`, or
 * `npm run bench -- ingest` for one part, with what is named after it. Works in `data/`, because the temporary folder
 * is in memory on many machines, where fsync costs nothing; needs 10 GB there.
 */
const PARTS = {
  ingest: ['Durable ingest', benchIngest],
  delivery: ['Put to GZIP object, the client paced by delivery', benchDelivery],
  backlog: ['50 streams, each with a full 128 MiB buffer', benchBacklog],
  jq: ['jq queries of 1 KB records, parsing included', benchJq],
  sources: ['Records from sources, durable, beside the same through PutRecordBatch', benchSources],
  traffic: ['What the log writes and reads of 120 MiB of records, for each byte put', benchTraffic],
  conversion: ['A batch of 128 MiB of 1 KB records to Parquet, and what waits for it', benchConversion],
  opensearch: ['Bulk requests of 4,000 documents of 1 KB, beside a bare client that builds the same', benchOpenSearch],
  http: [
    'HTTP endpoint requests of 4,000 records of 1 KB, beside a bare client that builds the same',
    benchHttpEndpoint,
  ],
  splunk: ['Splunk requests of 4,000 events of 1 KB, beside a bare client that builds the same', benchSplunk],
  slow: ['A far side that takes 2 s a request and allows 10 connections', benchSlowFarSide],
  parquet: ['JSON to Parquet, beside hyparquet-writer fed by a plain loop', benchParquet],
  cost: ['What a million records cost as Lambda functions, in USD, beside Firehose', benchCost],
  'cost-requests': ['What the functions ask AWS for', benchCostRequests],
  'cost-month': ['What the functions cost in a month that takes nothing', benchCostMonth],
  'cold-start': ['Packages of the functions, and new processes of them until their first answer', benchColdStart],
} as const;

const chosen = process.argv.slice(2);
const folders: string[] = [];

async function newFolder(): Promise<string> {
  // The last part's folder is of no more use, and a disk is soon full.
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  const parent = resolve('data');
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, 'bench-'));
  folders.push(folder);
  return folder;
}

const [cpu] = cpus();
console.log(
  `${cpu?.model.trim()} x ${cpus().length}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}\n`,
);
try {
  for (const [name, [title, measure]] of Object.entries(PARTS)) {
    if (chosen.length > 0 && !chosen.some((one) => name === one || name.startsWith(`${one}-`))) continue;
    console.log(`${title}\n\n${table(await measure(newFolder))}\n`);
  }
} finally {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
}
