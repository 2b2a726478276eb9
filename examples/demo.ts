import { FirehoseClient } from '@aws-sdk/client-firehose';
import { count, seconds, size } from '../src/cli/amounts.ts';
import { progress } from '../src/cli/progress.ts';
import { readBack } from './demo/buckets.ts';
import { EVENTS, STREAMS } from './demo/events.ts';
import { say, sayDone, sayNext } from './demo/say.ts';
import { flush, startHydrant } from './demo/service.ts';
import { createStreams, sendEvents } from './demo/streams.ts';

// The SDK's notice about Node 20 belongs in its users' logs, not in this picture.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

/**
 * The whole way, as a user goes it: the real command, the AWS SDK, 200,000 events, objects under Hive-style prefixes;
 * then everything is read back and counted. Ends with 1 when one event is missing or there twice.
 */
say('Hydrant: Amazon Data Firehose that you own');
const service = await startHydrant({});
try {
  sayDone('hydrant serve', `${service.url}, data in ${service.dataFolder}`);

  const sdk = new FirehoseClient({
    endpoint: service.url,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  });
  await createStreams(sdk);
  sayDone('3 streams', `${STREAMS.join(', ')}; created through @aws-sdk/client-firehose`);

  const sendingSince = Date.now();
  const sending = progress(process.stderr, '  sending', EVENTS);
  const rate = (events: number) => count(events / Math.max((Date.now() - sendingSince) / 1_000, 0.001));
  const sentBytes = await sendEvents(sdk, (events, bytes) =>
    sending.update(events, `${count(events)} events  ${size(bytes)}  ${rate(events)}/s`),
  );
  sending.end();
  const took = seconds(Date.now() - sendingSince);
  sayDone(
    `${count(EVENTS)} events`,
    `${size(sentBytes)} in ${took}: ${rate(EVENTS)}/s, each put on the disk before its answer`,
  );

  const flushingSince = Date.now();
  await flush(service.url);
  sayDone('flushed', `in ${seconds(Date.now() - flushingSince)}, without waiting for buffering hints`);

  const reading = progress(process.stderr, '  reading back', EVENTS);
  const found = await readBack(service.dataFolder, (events) => reading.update(events, `${count(events)} events`));
  reading.end();
  const ratio = (sentBytes / found.bytes).toFixed(0);
  sayDone(
    `${count(found.objects.length)} objects`,
    `GZIP, ${size(found.bytes)}: ${ratio} times smaller than what was sent`,
  );
  if (found.missing + found.doubled > 0) {
    throw new Error(`${count(found.missing)} events are missing, ${count(found.doubled)} are there more than once.`);
  }
  sayDone('exactly once', `every one of the ${count(EVENTS)} events is there, none twice`);
  sayNext({ dataFolder: service.dataFolder, objects: found.objects });
} finally {
  await service.stop();
}
