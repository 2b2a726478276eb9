import { DeliveryError } from '../../core/errors.ts';
import type { Alarm } from '../../host/alarm.ts';
import type { Credentials } from '../../host/aws/signature.ts';
import { type BrokerAddress, type Connection, connectTo, type KafkaRequest, type TlsSettings } from './connection.ts';
import type { KafkaApi, Topic } from './kafka-api.ts';
import { badAnswer, NOT_LEADER, unreachable } from './kafka-error.ts';
import {
  API_VERSIONS,
  authenticateRequest,
  fetchRequest,
  handshakeRequest,
  metadataRequest,
  offsetsRequest,
  readAuthenticated,
  readFetched,
  readHandshake,
  readMetadata,
  readMetadataVersion,
  readOffsets,
} from './kafka-requests.ts';
import { logIn, type SaslSettings } from './sasl.ts';
import type { WireReader } from './wire.ts';

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
    const metadata = await ask(address, ({ metadataVersion }) => metadataRequest(name, metadataVersion), {
      read: readMetadata,
      signal,
    });
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
  /** What it is asked for topics with. */
  readonly metadataVersion: number;
}

async function open(address: BrokerAddress, settings: KafkaSettings, ports: KafkaClientPorts): Promise<Broker> {
  const { sasl, tls } = settings;
  const connection = await connectTo(address, { tls, ...ports });
  const ask = async <T>(request: KafkaRequest, read: (answer: WireReader) => T): Promise<T> =>
    understood(request.name, read, await connection.ask(request, NEVER));
  try {
    const metadataVersion = await ask(API_VERSIONS, readMetadataVersion);
    if (sasl !== undefined) {
      await ask(handshakeRequest(sasl.mechanism), readHandshake);
      const say = (message: Buffer): Promise<Buffer> => ask(authenticateRequest(message), readAuthenticated);
      await logIn(sasl, { host: address.host, ...ports, say });
    }
    return { connection, metadataVersion };
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
