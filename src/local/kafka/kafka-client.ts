import { DeliveryError } from '../../core/errors.ts';
import type { Alarm } from '../../host/alarm.ts';
import type { Credentials } from '../../host/aws/signature.ts';
import { type BrokerAddress, type Connection, connectTo, type KafkaRequest, type TlsSettings } from './connection.ts';
import type { Fetched, KafkaApi, Place, Topic } from './kafka-api.ts';
import { badAnswer, NOT_LEADER, refusalIn, unreachable } from './kafka-error.ts';
import { logIn, type SaslSettings } from './sasl.ts';
import { type WireReader, type WireWriter, wireWriter } from './wire.ts';

/** One cluster. */
export interface KafkaSettings {
  readonly bootstrapBrokers: readonly BrokerAddress[];
  readonly tls?: TlsSettings;
  readonly sasl?: SaslSettings;
}

export interface KafkaClientPorts {
  readonly now: () => number;
  readonly alarm: Alarm;
  readonly credentials: () => Promise<Credentials>;
}

export interface KafkaClient extends KafkaApi {
  close(): void;
}

/** All partitions together; a partition may have less, so that others get a turn. */
const FETCH_MOST_BYTES = 8 * 1024 * 1024;
const PARTITION_MOST_BYTES = 4 * 1024 * 1024;
const READ_COMMITTED = 1;
const NO_REPLICA = -1;
const PLACES = { latest: -1, earliest: -2 } as const;

/**
 * Reads from a cluster, by the few requests that reading takes, in forms that every broker since Kafka 2.1 knows. A
 * connection a broker, made when it is needed. One that a broker has closed meanwhile is made again without a word.
 */
export function kafkaClient(settings: KafkaSettings, ports: KafkaClientPorts): KafkaClient {
  const connections = new Map<string, Promise<Broker>>();
  let brokers: ReadonlyMap<number, BrokerAddress> = new Map();
  let isClosed = false;

  function connected(address: BrokerAddress): { readonly broker: Promise<Broker>; readonly isNew: boolean } {
    const name = `${address.host}:${address.port}`;
    const known = connections.get(name);
    if (known !== undefined) return { broker: known, isNew: false };
    const broker = open(address, settings, ports);
    connections.set(name, broker);
    const forget = (): void => void (connections.get(name) === broker && connections.delete(name));
    broker.then(({ connection }) => {
      if (isClosed) connection.close();
    }, forget);
    return { broker, isNew: true };
  }

  async function ask<T>(
    address: BrokerAddress,
    request: (broker: Broker) => KafkaRequest,
    { read, signal }: { readonly read: (answer: WireReader) => T; readonly signal: AbortSignal },
  ): Promise<T> {
    const { broker: opening, isNew } = connected(address);
    const broker = await opening;
    signal.throwIfAborted();
    try {
      const asked = request(broker);
      return understood(asked.name, read, await broker.connection.ask(asked, signal));
    } catch (error) {
      const { connection } = broker;
      if (!connection.isOpen()) connections.delete(`${address.host}:${address.port}`);
      if (signal.aborted || isNew || isClosed || !connection.wasDropped()) throw error;
      return ask(address, request, { read, signal });
    }
  }

  function leaderAt(leader: number): BrokerAddress {
    const address = brokers.get(leader);
    if (address !== undefined) return address;
    throw new DeliveryError(`Broker ${leader} is not there now.`, { code: NOT_LEADER, retryable: true });
  }

  async function topicFrom(address: BrokerAddress, name: string, signal: AbortSignal): Promise<Topic> {
    const metadata = await ask(address, (broker) => metadataRequest(name, broker), { read: readMetadata, signal });
    brokers = metadata.brokers;
    const refused = metadata.refused;
    if (refused !== undefined) throw refused;
    return metadata.topic;
  }

  return {
    async topic(name, signal) {
      let failure: unknown = unreachable('of the cluster', 'none is configured.');
      // Those that are known have taken over from those that were told; where none answers those are asked again.
      for (const address of [...brokers.values(), ...settings.bootstrapBrokers]) {
        try {
          return await topicFrom(address, name, signal);
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          failure = error;
          if (!(error instanceof DeliveryError) || error.code !== 'Kafka.Unreachable') throw error;
        }
      }
      throw failure;
    },

    async offsets({ leader, topic }, places, signal) {
      const request = offsetsRequest(topic, places);
      return ask(leaderAt(leader), () => request, { read: readOffsets, signal });
    },

    async fetch({ leader, topic }, partitions, signal) {
      const request = fetchRequest(topic, partitions);
      return ask(leaderAt(leader), () => request, { read: readFetched, signal });
    },

    close() {
      isClosed = true;
      for (const broker of connections.values()) {
        // What has not come up has nothing to close, and whoever waits for it is told.
        broker.then(
          ({ connection }) => connection.close(),
          () => {},
        );
      }
    },
  };
}

interface Broker {
  readonly connection: Connection;
  /** Of Metadata: from 10 on topics have ids. */
  readonly metadataVersion: number;
}

const METADATA = 3;
const METADATA_WITH_IDS = 10;
/** The first that does not make topics it does not find. */
const METADATA_LEAST = 4;

async function open(address: BrokerAddress, settings: KafkaSettings, ports: KafkaClientPorts): Promise<Broker> {
  const { sasl, tls } = settings;
  const connection = await connectTo(address, { tls, ...ports });
  const ask = async <T>(request: KafkaRequest, read: (answer: WireReader) => T): Promise<T> =>
    understood(request.name, read, await connection.ask(request, NEVER));
  try {
    const most = await ask({ name: 'ApiVersions', key: 18, version: 0, body: Buffer.alloc(0) }, readMetadataVersion);
    if (sasl !== undefined) {
      const body = wireWriter().text(sasl.mechanism).written();
      await ask({ name: 'SaslHandshake', key: 17, version: 1, body }, readHandshake);
      const say = (message: Buffer): Promise<Buffer> => {
        const request = { name: 'SaslAuthenticate', key: 36, version: 0, body: wireWriter().bytes(message).written() };
        return ask(request, readAuthenticated);
      };
      await logIn(sasl, { host: address.host, ...ports, say });
    }
    return { connection, metadataVersion: most >= METADATA_WITH_IDS ? METADATA_WITH_IDS : METADATA_LEAST };
  } catch (error) {
    connection.close();
    throw error;
  }
}

const NEVER = new AbortController().signal;

function understood<T>(call: string, read: (answer: WireReader) => T, answer: WireReader): T {
  try {
    return read(answer);
  } catch (error) {
    throw error instanceof RangeError ? badAnswer(call, `is not what Kafka says: ${error.message}`) : error;
  }
}

function readMetadataVersion(answer: WireReader): number {
  throwIf('ApiVersions', answer.int16());
  const versions = answer.list(() => ({ key: answer.int16(), least: answer.int16(), most: answer.int16() }));
  return versions.find(({ key }) => key === METADATA)?.most ?? 0;
}

function readHandshake(answer: WireReader): void {
  const error = answer.int16();
  const known = answer.list(() => answer.text());
  throwIf('SaslHandshake', error, `it knows ${known.join(', ')}`);
}

function readAuthenticated(answer: WireReader): Buffer {
  const error = answer.int16();
  const message = answer.text();
  throwIf('SaslAuthenticate', error, message ?? '');
  return answer.bytes();
}

function throwIf(call: string, error: number, detail = ''): void {
  const refused = refusalIn(call, error, detail);
  if (refused !== undefined) throw refused;
}

function metadataRequest(topic: string, { metadataVersion: version }: Broker): KafkaRequest {
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
function readMetadata(answer: WireReader): Metadata {
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

function offsetsRequest(
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

function readOffsets(answer: WireReader): ReadonlyMap<number, number> {
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

function fetchRequest(
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

function readFetched(answer: WireReader): readonly Fetched[] {
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
