import type { DeliveryError } from '../../core/errors.ts';
import type { BrokerAddress, KafkaRequest } from './connection.ts';
import type { Fetched, Place, Topic } from './kafka-api.ts';
import { refusalIn } from './kafka-error.ts';
import { type WireReader, type WireWriter, wireWriter } from './wire.ts';

/**
 * The requests that reading takes, and what their answers say. Readers throw a `RangeError` where an answer is not what
 * Kafka says, and a `DeliveryError` where it is a refusal. https://kafka.apache.org/protocol.html
 */

const METADATA = 3;
/** From then on topics have ids. */
const METADATA_WITH_IDS = 10;
/** The first that does not make topics it does not find. */
const METADATA_LEAST = 4;
/** All partitions together; a partition may have less, so that others get a turn. */
const FETCH_MOST_BYTES = 8 * 1024 * 1024;
const PARTITION_MOST_BYTES = 4 * 1024 * 1024;
const READ_COMMITTED = 1;
const NO_REPLICA = -1;
const PLACES = { latest: -1, earliest: -2 } as const;

export const API_VERSIONS: KafkaRequest = { name: 'ApiVersions', key: 18, version: 0, body: Buffer.alloc(0) };

/** The version of Metadata to ask for, of those that the broker knows. */
export function readMetadataVersion(answer: WireReader): number {
  throwIf('ApiVersions', answer.int16());
  const versions = answer.list(() => ({ key: answer.int16(), least: answer.int16(), most: answer.int16() }));
  const most = versions.find(({ key }) => key === METADATA)?.most ?? 0;
  return most >= METADATA_WITH_IDS ? METADATA_WITH_IDS : METADATA_LEAST;
}

export function handshakeRequest(mechanism: string): KafkaRequest {
  return { name: 'SaslHandshake', key: 17, version: 1, body: wireWriter().text(mechanism).written() };
}

export function readHandshake(answer: WireReader): void {
  const error = answer.int16();
  const known = answer.list(() => answer.text());
  throwIf('SaslHandshake', error, `it knows ${known.join(', ')}`);
}

export function authenticateRequest(message: Buffer): KafkaRequest {
  return { name: 'SaslAuthenticate', key: 36, version: 0, body: wireWriter().bytes(message).written() };
}

export function readAuthenticated(answer: WireReader): Buffer {
  const error = answer.int16();
  const message = answer.text();
  throwIf('SaslAuthenticate', error, message ?? '');
  return answer.bytes();
}

function throwIf(call: string, error: number, detail = ''): void {
  const refused = refusalIn(call, error, detail);
  if (refused !== undefined) throw refused;
}

export function metadataRequest(topic: string, version: number): KafkaRequest {
  const isFlexible = version >= METADATA_WITH_IDS;
  const body = wireWriter({ isFlexible });
  body.list([topic], (name) => {
    if (isFlexible) body.int64(0).int64(0);
    body.text(name).noTags();
  });
  body.int8(0); // allow_auto_topic_creation
  if (isFlexible) body.int8(0).int8(0); // include_cluster_authorized_operations, include_topic_authorized_operations
  body.noTags();
  return { name: 'Metadata', key: METADATA, version, isFlexible, body: body.written() };
}

interface Metadata {
  readonly brokers: ReadonlyMap<number, BrokerAddress>;
  readonly topic: Topic;
  readonly refused?: DeliveryError | undefined;
}

/** Where topics have ids, an answer has the newer form. */
export function readMetadata(answer: WireReader): Metadata {
  const { isFlexible } = answer;
  answer.int32(); // throttle_time_ms
  const brokers = answer.list(() => {
    const node = answer.int32();
    const address = { host: answer.text() ?? '', port: answer.int32() };
    answer.text(); // rack
    answer.tags();
    return [node, address] as const;
  });
  answer.text(); // cluster_id
  answer.int32(); // controller_id
  const [topic] = answer.list(() => {
    const error = answer.int16();
    answer.text(); // name
    const id = isFlexible ? answer.uuid() : undefined;
    answer.int8(); // is_internal
    const partitions = answer.list(() => readPartition(answer));
    if (isFlexible) answer.int32(); // topic_authorized_operations
    answer.tags();
    return { error, topic: { ...(id !== undefined && { id }), partitions } };
  });
  if (topic === undefined) throw new RangeError('The topic is missing.');
  return { brokers: new Map(brokers), topic: topic.topic, refused: refusalIn('Metadata', topic.error) };
}

function readPartition(answer: WireReader) {
  answer.int16(); // error_code: that of a partition without a leader, whose leader is -1
  const partition = answer.int32();
  const leader = answer.int32();
  if (answer.isFlexible) answer.int32(); // leader_epoch
  answer.list(() => answer.int32()); // replica_nodes
  answer.list(() => answer.int32()); // isr_nodes
  if (answer.isFlexible) answer.list(() => answer.int32()); // offline_replicas
  answer.tags();
  return { partition, leader };
}

export function offsetsRequest(
  topic: string,
  places: readonly { readonly partition: number; readonly place: Place }[],
): KafkaRequest {
  const body = wireWriter().int32(NO_REPLICA).int8(READ_COMMITTED);
  body.list([topic], (name) => {
    body.text(name).list(places, ({ partition, place }) => {
      body.int32(partition).int64(typeof place === 'number' ? place : PLACES[place]);
    });
  });
  return { name: 'ListOffsets', key: 2, version: 2, body: body.written() };
}

export function readOffsets(answer: WireReader): ReadonlyMap<number, number> {
  answer.int32(); // throttle_time_ms
  const offsets = new Map<number, number>();
  answer.list(() => {
    answer.text(); // name
    answer.list(() => {
      const partition = answer.int32();
      throwIf('ListOffsets', answer.int16());
      answer.int64(); // timestamp
      const offset = answer.int64();
      if (offset >= 0) offsets.set(partition, offset);
    });
  });
  return offsets;
}

export function fetchRequest(
  topic: string,
  partitions: readonly { readonly partition: number; readonly offset: number }[],
): KafkaRequest {
  const body: WireWriter = wireWriter().int32(NO_REPLICA).int32(0).int32(0).int32(FETCH_MOST_BYTES);
  body.int8(READ_COMMITTED).int32(0).int32(-1); // no session
  body.list([topic], (name) => {
    body.text(name).list(partitions, ({ partition, offset }) => {
      body.int32(partition).int32(-1).int64(offset).int64(-1).int32(PARTITION_MOST_BYTES);
    });
  });
  body.list([], () => {}); // forgotten_topics_data
  return { name: 'Fetch', key: 1, version: 10, body: body.written() };
}

export function readFetched(answer: WireReader): readonly Fetched[] {
  answer.int32(); // throttle_time_ms
  throwIf('Fetch', answer.int16());
  answer.int32(); // session_id
  const topics = answer.list(() => {
    answer.text(); // name
    return answer.list(() => readFetchedPartition(answer));
  });
  return topics.flat();
}

function readFetchedPartition(answer: WireReader): Fetched {
  const partition = answer.int32();
  const error = refusalIn('Fetch', answer.int16());
  answer.int64(); // high_watermark
  const end = answer.int64(); // last_stable_offset
  answer.int64(); // log_start_offset
  const aborted = answer.list(() => ({ producerId: answer.int64(), firstOffset: answer.int64() }));
  return { partition, end, aborted, batches: answer.bytes(), ...(error && { error }) };
}
