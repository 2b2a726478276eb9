import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { endlessBroker } from './kafka-broker.ts';
import { endlessKinesis } from './kinesis-stream.ts';
import { load } from './load.ts';
import { dropStreams, makeStreams, type Service, startService } from './service.ts';
import type { Row } from './table.ts';

const RECORD_BYTES = [1_024, 300];
/** So many that none has its 128 MiB in a measurement, and nothing is delivered meanwhile. */
const STREAMS = 8;
const RUN_SECONDS = 2;
/** Each figure is the best of so many runs, after one to warm up. */
const RUNS = 2;

const CLUSTER = 'arn:aws:kafka:us-east-1:000000000000:cluster/bench/0';
const RoleARN = 'arn:aws:iam::000000000000:role/firehose';

/** Records a second, durable, from each source beside the same records through PutRecordBatch. */
export async function benchSources(newFolder: () => Promise<string>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const recordBytes of RECORD_BYTES) {
    const puts = await putRate(await newFolder(), recordBytes);
    const broker = await endlessBroker(recordBytes);
    const kafka = { [CLUSTER]: { bootstrapBrokers: `127.0.0.1:${broker.port}` } };
    const fromKafka = await sourceRate(await newFolder(), { kafka }, mskSource, broker.stored);
    broker.close();
    const stream = await endlessKinesis(recordBytes);
    const kinesis = { endpoint: `http://127.0.0.1:${stream.port}` };
    const fromKinesis = await sourceRate(await newFolder(), { kinesis }, kinesisSource, stream.stored);
    stream.close();
    rows.push(
      { source: 'PutRecordBatch', 'record bytes': recordBytes, 'records/s': Math.round(puts), 'of it': '1.00' },
      {
        source: 'Kafka',
        'record bytes': recordBytes,
        'records/s': Math.round(fromKafka),
        'of it': (fromKafka / puts).toFixed(2),
      },
      {
        source: 'Kinesis',
        'record bytes': recordBytes,
        'records/s': Math.round(fromKinesis),
        'of it': (fromKinesis / puts).toFixed(2),
      },
    );
  }
  return rows;
}

async function putRate(folder: string, recordBytes: number): Promise<number> {
  const service = await startService(folder);
  const putting = { operation: 'PutRecordBatch', records: 500, recordBytes } as const;
  let best = 0;
  for (let run = 0; run <= RUNS; run++) {
    const streams = await makeStreams(service, STREAMS);
    const loaded = await load({ url: service.url, putting, streams, connections: 8, until: { seconds: RUN_SECONDS } });
    if (run > 0) best = Math.max(best, loaded.putsPerSecond * putting.records);
    await dropStreams(service, streams);
  }
  await service.kill();
  return best;
}

type Source = (name: string) => object;

const mskSource: Source = (TopicName) => ({
  DeliveryStreamType: 'MSKAsSource',
  MSKSourceConfiguration: {
    MSKClusterARN: CLUSTER,
    TopicName,
    AuthenticationConfiguration: { RoleARN, Connectivity: 'PRIVATE' },
  },
});

const kinesisSource: Source = (name) => ({
  DeliveryStreamType: 'KinesisStreamAsSource',
  KinesisStreamSourceConfiguration: {
    KinesisStreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`,
    RoleARN,
  },
});

async function sourceRate(folder: string, config: object, source: Source, stored: () => number): Promise<number> {
  const file = join(folder, 'hydrant.config.json');
  await writeFile(file, JSON.stringify(config));
  const service = await startService(join(folder, 'data'), '--config', file);
  let best = 0;
  for (let run = 0; run <= RUNS; run++) {
    const names = Array.from({ length: STREAMS }, (_, i) => `bench-${run}-${i}`);
    const [before, begun] = [stored(), performance.now()];
    for (const name of names) await create(service, name, source);
    await setTimeout(RUN_SECONDS * 1_000);
    const perSecond = ((stored() - before) / (performance.now() - begun)) * 1_000;
    if (run > 0) best = Math.max(best, perSecond);
    await dropStreams(service, names);
  }
  await service.kill();
  return best;
}

async function create(service: Service, DeliveryStreamName: string, source: Source): Promise<void> {
  const BufferingHints = { SizeInMBs: 128, IntervalInSeconds: 900 };
  const destination = { RoleARN, BucketARN: 'arn:aws:s3:::bench', BufferingHints };
  const input = { DeliveryStreamName, ...source(DeliveryStreamName), ExtendedS3DestinationConfiguration: destination };
  await service.call('CreateDeliveryStream', JSON.stringify(input));
}
