import { ConfigError } from '../core/errors.ts';
import { isLoopback } from '../host/loopback.ts';
import type { BrokerAddress } from './kafka/connection.ts';
import type { SaslSettings } from './kafka/sasl.ts';
import { secretReference, secretWithin } from './secret-settings.ts';
import { listOf, members, oneOf, region, type Setting, text } from './setting.ts';

/** What a configuration file may say of a Kafka cluster. */
export interface KafkaConfig {
  /** `host:port`, in a list or with commas between, as `aws kafka get-bootstrap-brokers` prints them. */
  readonly bootstrapBrokers: string | readonly string[];
  /** Default: true, unless all bootstrap brokers are on this machine. The files are in PEM. */
  readonly tls?: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    /** Default: SCRAM-SHA-512, which MSK has. */
    readonly mechanism?: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'AWS_MSK_IAM';
    readonly username?: string;
    /** `env:NAME` for a variable, `file:PATH` for a file. */
    readonly password?: string;
    /** Of AWS_MSK_IAM. Default: that of the cluster's ARN. */
    readonly region?: string;
  };
}

/** One cluster, as far as the configuration says: files are still to be read. */
export interface KafkaCluster {
  readonly bootstrapBrokers: readonly BrokerAddress[];
  readonly tlsFiles?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: SaslSettings;
}

const bootstrapBroker: Setting<BrokerAddress> = (given, path) => {
  const [, host, port] = /^(\[[^\]]+\]|[^:\s]+):(\d{1,5})$/.exec(text(given, path).trim()) ?? [];
  if (host !== undefined && Number(port) > 0 && Number(port) < 65_536) {
    return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
  }
  throw new ConfigError(path, 'must be a host and a port, such as b-1.example.com:9096.');
};

const bootstrapBrokers: Setting<readonly BrokerAddress[]> = (given, path) => {
  const brokers = listOf(bootstrapBroker)(typeof given === 'string' ? given.split(',') : given, path);
  if (brokers.length === 0) throw new ConfigError(path, 'must name a broker.');
  return brokers;
};

const tlsMembers = members({ ca: text, cert: text, key: text });
const tls: Setting<ReturnType<typeof tlsMembers> | boolean> = (given, path) => {
  if (typeof given === 'boolean') return given;
  const files = tlsMembers(given, path);
  if ((files.cert === undefined) === (files.key === undefined)) return files;
  throw new ConfigError(path, 'must have both a cert and its key, or neither.');
};

const saslMembers = members({
  mechanism: oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'AWS_MSK_IAM'),
  username: text,
  password: secretReference,
  region,
});

const clusterMembers = members({ bootstrapBrokers, tls, sasl: saslMembers });

export const kafkaCluster: Setting<KafkaCluster> = (given, path) => {
  const { bootstrapBrokers: brokers, tls: wanted, sasl } = clusterMembers(given, path);
  if (brokers === undefined) {
    throw new ConfigError(
      `${path}.bootstrapBrokers`,
      'is missing: where the cluster is, such as b-1.example.com:9096.',
    );
  }
  const isHere = brokers.every(({ host }) => isLoopback(host));
  const tlsFiles = wanted === undefined ? !isHere && {} : wanted === true ? {} : wanted;
  return {
    bootstrapBrokers: brokers,
    ...(tlsFiles && { tlsFiles }),
    ...(sasl && { sasl: login(sasl, path) }),
  };
};

function login(given: ReturnType<typeof saslMembers>, path: string): SaslSettings {
  const { mechanism = 'SCRAM-SHA-512', username, password } = given;
  if (mechanism === 'AWS_MSK_IAM') {
    const named = given.region ?? /^kafka\.arn:[^:]*:kafka:([a-z0-9-]+):/.exec(path)?.[1];
    if (named === undefined) throw new ConfigError(`${path}.sasl.region`, 'is missing: the ARN names none.');
    return { mechanism, region: named };
  }
  if (username !== undefined && password !== undefined) return { mechanism, username, password };
  throw new ConfigError(`${path}.sasl`, 'must have a username and a password.');
}

export const kafkaClusterArns = {
  pattern: /^arn:\S+$/,
  described: "the cluster's ARN, as streams name it in MSKClusterARN",
};

/** With the paths in it as they are from the folder of the configuration file. */
export function kafkaClusterWithin(cluster: KafkaCluster, within: (path: string) => string): KafkaCluster {
  const { tlsFiles, sasl } = cluster;
  const files = Object.entries(tlsFiles ?? {}).map(([name, path]) => [name, within(path)]);
  return {
    ...cluster,
    ...(tlsFiles && { tlsFiles: Object.fromEntries(files) }),
    ...(sasl && 'password' in sasl && { sasl: { ...sasl, password: secretWithin(sasl.password, within) } }),
  };
}
