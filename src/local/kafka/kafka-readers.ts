import { isJsonObject } from '../../core/json.ts';
import type { StreamDefinition, StreamStore } from '../../core/streams.ts';
import { type CodecNumber, kafkaCodec, type OpenBatch } from '../../formats/kafka-codecs.ts';
import type { OpenReader } from '../sources/stream-sources.ts';
import { turns } from '../sources/turns.ts';
import type { KafkaApi } from './kafka-api.ts';
import { type TopicReaderPorts, topicReader } from './topic-reader.ts';

export interface KafkaReadersPorts extends Omit<TopicReaderPorts, 'api' | 'turns' | 'streamById' | 'codec'> {
  /** By the cluster's ARN; undefined for one that the configuration does not name. */
  readonly cluster: (arn: string) => KafkaApi | undefined;
  readonly streams: StreamStore;
}

/** An answer has about 8 MiB, and some four times that while it is taken apart. */
const ANSWERS_AT_ONCE = 4;

/** Feeds the streams whose source is a topic of an MSK cluster. */
export function kafkaReaders(ports: KafkaReadersPorts): OpenReader {
  const codecs = new Map<CodecNumber, Promise<OpenBatch>>();
  const codec = (number: CodecNumber): Promise<OpenBatch> => {
    const open = codecs.get(number) ?? kafkaCodec(number);
    codecs.set(number, open);
    return open;
  };
  const shared = { ...ports, turns: turns(ANSWERS_AT_ONCE), streamById: ports.streams.byId, codec };

  return (stream) => {
    const source = topicOf(stream);
    if (source === undefined) return undefined;
    const { clusterArn, ...topic } = source;
    const api = ports.cluster(clusterArn);
    if (api !== undefined) return topicReader(stream, topic, { ...shared, api });
    const missing = `Kafka, and the configuration does not say where the cluster is. Set kafka['${clusterArn}'].`;
    ports.report({ type: 'unread', stream, missing });
    return undefined;
  };
}

/** As on AWS: without a time, records are read that were written since the stream was made. */
function topicOf({ source, activeAt }: StreamDefinition) {
  const config = source?.MSKSourceConfiguration;
  if (!isJsonObject(config)) return undefined;
  const { MSKClusterARN: clusterArn, TopicName: name, ReadFromTimestamp: from } = config;
  if (typeof clusterArn !== 'string' || typeof name !== 'string') return undefined;
  return { clusterArn, name, readFrom: typeof from === 'number' ? from * 1_000 : activeAt };
}
