import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hydrant, objectsIn, type Running, s3Destination } from '../e2e/hydrant.ts';
import type { Random } from '../kit/random.ts';
import type { KafkaNode } from './kafka-node.ts';

export const CLUSTER = 'arn:aws:kafka:us-east-1:000000000000:cluster/test/0';
export const TOPIC = 'clicks';
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

const TOLD = `
  export const handler = async ({ sourceMSKArn, records }) => ({
    records: records.map(({ recordId, kafkaRecordValue, mskRecordMetadata: { topic, partitionId, offset } }) => {
      const source = [sourceMSKArn.split('/')[1], topic, partitionId, offset].join(' ');
      const text = source + ' ' + Buffer.from(kafkaRecordValue, 'base64').toString() + '\\n';
      return { recordId, result: 'Ok', kafkaRecordValue: Buffer.from(text).toString('base64') };
    }),
  });
`;

export function mskStream(name: string, config: object = {}, source: object = {}) {
  return {
    DeliveryStreamName: name,
    DeliveryStreamType: 'MSKAsSource',
    MSKSourceConfiguration: {
      MSKClusterARN: CLUSTER,
      TopicName: TOPIC,
      AuthenticationConfiguration: { RoleARN: 'arn:aws:iam::000000000000:role/firehose', Connectivity: 'PUBLIC' },
      ReadFromTimestamp: 0,
      ...source,
    },
    ExtendedS3DestinationConfiguration: s3Destination(name, [1, 1], config),
  };
}

function processing(Type: string, parameters: Readonly<Record<string, string>>) {
  const Parameters = Object.entries(parameters).map(([ParameterName, ParameterValue]) => {
    return { ParameterName, ParameterValue };
  });
  return { ProcessingConfiguration: { Enabled: true, Processors: [{ Type, Parameters }] } };
}

/** Two streams of the same topic: one is delivered as it comes, the other by a function that says what it was told. */
export async function configure(folder: string, cluster: object): Promise<void> {
  await writeFile(join(folder, 'told.mjs'), TOLD);
  const told = processing('Lambda', {
    LambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:told',
    BufferSizeInMBs: '0.2',
    BufferIntervalInSeconds: '0',
  });
  const streams = [mskStream('plain', processing('AppendDelimiterToRecord', {})), mskStream('told', told)];
  const config = { functions: { told: './told.mjs' }, kafka: { [CLUSTER]: cluster }, streams };
  await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify(config));
}

/** Writes numbered lines to each partition, some of them compressed in each of Kafka's ways. */
export function writer(node: KafkaNode, random: Random) {
  /** Numbers of the lines of each partition, from 0. */
  const counts: number[] = [];

  return {
    counts,
    async grow(partitions: number): Promise<void> {
      await (counts.length === 0 ? node.tell('create', TOPIC, partitions) : node.tell('grow', TOPIC, partitions));
      while (counts.length < partitions) counts.push(0);
    },
    async writeSome(): Promise<void> {
      const partition = random.below(counts.length);
      const codec = random.pick(CODECS);
      for (let i = 1 + random.below(60); i > 0; i--) {
        const number = counts[partition] ?? 0;
        counts[partition] = number + 1;
        await node.tell('send', TOPIC, partition, codec, `${partition} ${number} ${'x'.repeat(random.below(200))}`);
      }
      // Only then may another codec's producer write to the same partition, or the order would be theirs.
      await node.tell('flush');
    },
  };
}

export interface Findings {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly strange: readonly string[];
  /** A line that stands behind a later one of its partition, in an object that no function has made. */
  readonly disordered: readonly string[];
}

export const FLAWLESS: Findings = { lost: [], doubled: [], strange: [], disordered: [] };

const CATCH_UP_MS = 90_000;

/** Delivers until everything is there, or for so long. */
export async function delivered(running: Running, folder: string, counts: readonly number[]): Promise<Findings> {
  const end = Date.now() + CATCH_UP_MS;
  let findings: Findings;
  do {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await hydrant(['flush', '--endpoint', running.url]);
    findings = await audit(folder, counts);
  } while (findings.lost.length > 0 && Date.now() < end);
  return findings;
}

async function audit(folder: string, counts: readonly number[]): Promise<Findings> {
  const [lost, doubled, strange, disordered]: [string[], string[], string[], string[]] = [[], [], [], []];
  for (const bucket of ['plain', 'told']) {
    const times = new Map<string, number>();
    for await (const [path, bytes] of objectsIn(folder, bucket)) {
      const last = new Map<string, number>();
      for (const line of bytes
        .toString()
        .split('\n')
        .filter((each) => each !== '')) {
        const [, source, told, offset, partition = '', number = ''] =
          /^(test clicks (\d+) (\d+) )?(\d+) (\d+) x*$/.exec(line) ?? [];
        const isRight = bucket === 'plain' ? source === undefined : told === partition && offset === number;
        if (!isRight || !(Number(number) < (counts[Number(partition)] ?? 0))) strange.push(`${path}: ${line}`);
        // Functions are called for several batches at once, and their answers come when they come.
        if (bucket === 'plain' && Number(number) <= (last.get(partition) ?? -1)) disordered.push(`${path}: ${line}`);
        last.set(partition, Number(number));
        const id = `${bucket} ${partition} ${number}`;
        times.set(id, (times.get(id) ?? 0) + 1);
      }
    }
    for (const [id, count] of times) if (count > 1) doubled.push(id);
    for (const [partition, count] of counts.entries()) {
      for (let number = 0; number < count; number++) {
        const id = `${bucket} ${partition} ${number}`;
        if (!times.has(id)) lost.push(id);
      }
    }
  }
  return { lost, doubled, strange, disordered };
}
