import { readFile } from 'node:fs/promises';
import { ConfigError } from '../../core/errors.ts';
import type { KafkaCluster } from '../kafka-settings.ts';
import type { TlsSettings } from './connection.ts';
import type { KafkaSettings } from './kafka-client.ts';

/** Clusters by their ARNs, with what their files hold. Throws a `ConfigError` that names one that cannot be read. */
export async function knownClusters(
  clusters: Readonly<Record<string, KafkaCluster>>,
): Promise<ReadonlyMap<string, KafkaSettings>> {
  const known = new Map<string, KafkaSettings>();
  for (const [arn, { tlsFiles, ...cluster }] of Object.entries(clusters)) {
    known.set(arn, { ...cluster, ...(tlsFiles && { tls: await textsOf(tlsFiles, `kafka.${arn}.tls`) }) });
  }
  return known;
}

async function textsOf(files: NonNullable<KafkaCluster['tlsFiles']>, path: string): Promise<TlsSettings> {
  const { ca, cert, key } = files;
  return {
    ...(ca !== undefined && { ca: await pemIn(ca, `${path}.ca`) }),
    ...(cert !== undefined && { cert: await pemIn(cert, `${path}.cert`) }),
    ...(key !== undefined && { key: await pemIn(key, `${path}.key`) }),
  };
}

async function pemIn(file: string, field: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: Error) => error);
  if (typeof text !== 'string') throw new ConfigError(field, `cannot be read: ${text.message}`);
  if (!text.includes('-----BEGIN ')) throw new ConfigError(field, `${file} holds no PEM.`);
  return text;
}
