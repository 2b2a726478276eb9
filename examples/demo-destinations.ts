import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FirehoseClient } from '@aws-sdk/client-firehose';
import { count, seconds } from '../src/cli/amounts.ts';
import { say, sayDone } from './demo/say.ts';
import { flush, startHydrant } from './demo/service.ts';
import { accountOf, table } from './demo-destinations/account.ts';
import {
  httpCollector,
  loki,
  objectStore,
  searchCluster,
  splunkCollector,
  tallyOf,
} from './demo-destinations/collectors.ts';
import { EVENTS, numbersIn } from './demo-destinations/events.ts';
import { outputFolder } from './demo-destinations/output-folder.ts';
import { BUCKET, createStreams, sendEvents, streamsTo } from './demo-destinations/streams.ts';

// The SDK's notice about Node 20 belongs in its users' logs, not in this picture.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
// For the store of the demo, which does not look at them.
process.env.AWS_ACCESS_KEY_ID = 'any';
process.env.AWS_SECRET_ACCESS_KEY = 'any';

/** This file is compiled to dist/examples. */
const LOKI_MODULE = join(import.meta.dirname, '..', '..', 'examples', 'destinations', 'loki.mjs');
const SETTLES_WITHIN_MS = 120_000;
const ASK_AGAIN_MS = 500;

/**
 * The same 20,000 events to every destination. Each far side dies on the way, in the middle of a request that it has
 * taken, and comes back; then everything is read back and counted. Ends with 1 when the columns do not add up.
 */
say('Hydrant: the same events to every destination, each of which dies on the way');
const since = Date.now();
const store = await objectStore();
const [http, splunk, search, logs] = [
  await httpCollector(),
  await splunkCollector(),
  await searchCluster(),
  await loki(),
];
const out = join(await mkdtemp(join(tmpdir(), 'hydrant-demo-files-')), 'events');
const folder = outputFolder(out);

/** Those that overwrite a repeat, or can tell one, must have each event once. */
const farSides = [
  {
    name: 's3',
    far: store,
    takesAll: true,
    isOnce: true,
    has: async () => tallyOf(store.contents(BUCKET, 'events/s3/').flatMap(numbersIn)),
  },
  { name: 'http-endpoint', far: http, takesAll: true, isOnce: true, has: http.has },
  { name: 'splunk', far: splunk, takesAll: false, isOnce: false, has: splunk.has },
  { name: 'opensearch', far: search, takesAll: false, isOnce: true, has: search.has },
  { name: 'loki', far: logs, takesAll: true, isOnce: false, has: logs.has },
  { name: 'file', far: folder, takesAll: true, isOnce: true, has: folder.has },
];
const service = await startHydrant({
  s3: { endpoint: store.url },
  files: { folders: [out] },
  destinations: { loki: LOKI_MODULE },
});
try {
  const sdk = new FirehoseClient({
    endpoint: service.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  const names = farSides.map(({ name }) => name);
  const places = {
    http: http.url,
    splunk: splunk.url,
    search: search.url,
    loki: logs.url,
    folder: pathToFileURL(out).href,
  };
  await createStreams(sdk, streamsTo(places));
  sayDone('hydrant serve', `${names.length} streams: ${names.join(', ')}`);

  const share = Math.floor(EVENTS / (farSides.length + 1));
  await sendEvents(sdk, names, [0, share]);
  for (const [i, { name, far }] of farSides.entries()) {
    await settle();
    await far.kill();
    const to = i === farSides.length - 1 ? EVENTS : share * (i + 2);
    await sendEvents(sdk, names, [share * (i + 1), to]);
    const { postponed } = await flush(service.url);
    const own = postponed.find(({ DeliveryStreamName }) => DeliveryStreamName === name);
    if (own === undefined) throw new Error(`${name} is dead, and no delivery to it has failed.`);
    await far.revive();
    sayDone(name, `died (${own.code}) and is back after ${count(to)} events`);
  }

  await settle();
  const accounts = await Promise.all(
    farSides.map(async ({ name, takesAll, isOnce, has }) => {
      const failed = tallyOf(store.contents(BUCKET, `failed/${name}/`).flatMap(numbersInReport));
      return accountOf({ name, takesAll, isOnce, delivered: await has(), failed });
    }),
  );
  sayDone('settled', `in ${seconds(Date.now() - since)}`);
  process.stdout.write(`\n${table(accounts)}\n`);
  const faults = accounts.flatMap(({ name, faults }) => faults.map((each) => `${name}: ${each}`));
  if (faults.length > 0) throw new Error(`It does not add up: ${faults.join('; ')}.`);
  sayDone('it adds up', 'every event is with the far side, or in the error output with the reason');
} finally {
  await service.stop();
  await Promise.all(farSides.map(({ far }) => far.close()));
}

/** Resolves when nothing is left to deliver. */
async function settle(): Promise<void> {
  const deadline = Date.now() + SETTLES_WITHIN_MS;
  for (let left = await flush(service.url); left.postponed.length > 0; left = await flush(service.url)) {
    if (Date.now() > deadline) throw new Error(`Not delivered in time: ${JSON.stringify(left.postponed)}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

/** The events of an error report, whose records are in base64. */
function numbersInReport(report: string): readonly number[] {
  const lines = report.trimEnd().split('\n');
  return lines.flatMap((line) => {
    const { rawData } = JSON.parse(line) as { readonly rawData: string };
    return numbersIn(Buffer.from(rawData, 'base64').toString());
  });
}
