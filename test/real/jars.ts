import { existsSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Tool } from './tools.ts';
import { tool } from './tools.ts';

const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/jars');

/** Hadoop's codecs need nothing of what else Hadoop depends on. */
const JARS = [
  { artifact: 'org.apache.hadoop:hadoop-client-api:3.4.1', file: 'hadoop-client-api-3.4.1.jar' },
  { artifact: 'org.xerial.snappy:snappy-java:1.1.10.5', file: 'snappy-java-1.1.10.5.jar' },
  { artifact: 'org.slf4j:slf4j-api:1.7.36', file: 'slf4j-api-1.7.36.jar' },
];

export const classPath = JARS.map(({ file }) => join(FOLDER, file)).join(delimiter);

/** Hadoop and snappy-java, fetched from Maven Central the first time. */
export function hadoopJars(): Tool {
  const install = 'apt-get install maven, and a way to Maven Central';
  const fetched = JARS.every(({ artifact, file }) => {
    if (existsSync(join(FOLDER, file))) return true;
    const copy = ['dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${FOLDER}`];
    return tool(artifact, install, ['mvn', '-q', '-B', ...copy]).found;
  });
  return { name: "Hadoop's and snappy-java's jars", install, found: fetched };
}

const OPENSEARCH_FOLDER = join(FOLDER, 'opensearch-2.19.1');
const DYNAMODB_FOLDER = join(FOLDER, 'dynamodb-local-2.5.4');
const ELASTICMQ_FOLDER = join(FOLDER, 'elasticmq-1.6.11');
const KAFKA_FOLDER = join(FOLDER, 'kafka-4.1.1');

export const openSearchClassPath = join(OPENSEARCH_FOLDER, '*');
/** What it loads beside its jars lies among them. */
export const dynamoDbLocal = { classPath: join(DYNAMODB_FOLDER, '*'), libraries: DYNAMODB_FOLDER };
export const elasticMqClassPath = join(ELASTICMQ_FOLDER, '*');
export const kafkaClassPath = join(KAFKA_FOLDER, '*');

/** A node of OpenSearch with all it needs, 53 MB. */
export function openSearchJars(): Tool {
  return jarsOf("OpenSearch's jars", 'opensearch.pom.xml', OPENSEARCH_FOLDER);
}

/** AWS's own emulator of DynamoDB, 51 MB. */
export function dynamoDbJars(): Tool {
  return jarsOf("DynamoDB Local's jars", 'dynamodb-local.pom.xml', DYNAMODB_FOLDER);
}

/** A server of SQS, 30 MB. */
export function elasticMqJars(): Tool {
  return jarsOf("ElasticMQ's jars", 'elasticmq.pom.xml', ELASTICMQ_FOLDER);
}

/** A broker of Kafka with all it needs, 43 MB. */
export function kafkaJars(): Tool {
  return jarsOf("Kafka's jars", 'kafka.pom.xml', KAFKA_FOLDER);
}

/** Fetched from Maven Central the first time. */
function jarsOf(name: string, pom: string, folder: string): Tool {
  const install = 'apt-get install maven, and a way to Maven Central';
  // Half of them are no server.
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { name, install, found: true };
  const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`, '-DincludeScope=runtime'];
  const fetched = tool(name, install, ['mvn', '-q', '-B', '-f', join(import.meta.dirname, pom), ...copy]);
  if (fetched.found) writeFileSync(complete, '');
  return fetched;
}
