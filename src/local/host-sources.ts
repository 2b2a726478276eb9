import type { SourceIngest } from '../core/ingest.ts';
import type { StreamStore } from '../core/streams.ts';
import type { Alarm } from '../host/alarm.ts';
import { awsCredentials } from '../host/aws/credentials.ts';
import { type KafkaSettings, kafkaClient } from './kafka/kafka-client.ts';
import { kafkaReaders } from './kafka/kafka-readers.ts';
import { kinesisApi } from './kinesis/kinesis-api.ts';
import { type KinesisSettings, kinesisClient } from './kinesis/kinesis-client.ts';
import { kinesisReaders } from './kinesis/kinesis-readers.ts';
import type { SourceEvent } from './sources/source-events.ts';
import { type StreamSources, streamSources } from './sources/stream-sources.ts';

export interface HostSourcesPorts {
  /** Of Kafka, by their ARNs. */
  readonly clusters: ReadonlyMap<string, KafkaSettings>;
  readonly ingest: SourceIngest;
  readonly streams: StreamStore;
  /** A cursor's last committed value. */
  readonly cursor: (name: string) => string | undefined;
  /** Stores a cursor that no records belong to; a value of undefined forgets it. */
  readonly keep: (name: string, value: string | undefined) => Promise<void>;
  readonly now: () => number;
  readonly alarm: Alarm;
  /** In [0, 1). */
  readonly random: () => number;
  readonly report: (event: SourceEvent) => void;
}

/** Everything that feeds streams on this machine, beside puts. */
export function hostSources(settings: KinesisSettings | undefined, ports: HostSourcesPorts): StreamSources {
  const { now, alarm, keep } = ports;
  const kinesis = settings && kinesisClient(settings, { now, alarm });
  const credentials = awsCredentials({ isEmulator: false });
  const clusters = new Map(
    [...ports.clusters].map(([arn, cluster]) => [arn, kafkaClient(cluster, { now, alarm, credentials })]),
  );
  const sources = streamSources(ports.streams, [
    kinesisReaders({
      ...ports,
      api: kinesis && kinesisApi(kinesis, settings ?? {}),
      forget: (cursor) => keep(cursor, undefined),
    }),
    kafkaReaders({ ...ports, cluster: (arn) => clusters.get(arn) }),
  ]);
  return {
    ...sources,
    async stop() {
      await sources.stop();
      kinesis?.close();
      for (const cluster of clusters.values()) cluster.close();
    },
  };
}
