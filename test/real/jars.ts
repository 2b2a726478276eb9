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

export const openSearchClassPath = join(OPENSEARCH_FOLDER, '*');

/** A node of OpenSearch with all it needs, 53 MB, fetched from Maven Central the first time. */
export function openSearchJars(): Tool {
  const install = 'apt-get install maven, and a way to Maven Central';
  const name = "OpenSearch's jars";
  // Half of them is no node.
  const complete = join(OPENSEARCH_FOLDER, 'complete');
  if (existsSync(complete)) return { name, install, found: true };
  const pom = join(import.meta.dirname, 'opensearch.pom.xml');
  const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${OPENSEARCH_FOLDER}`, '-DincludeScope=runtime'];
  const fetched = tool(name, install, ['mvn', '-q', '-B', '-f', pom, ...copy]);
  if (fetched.found) writeFileSync(complete, '');
  return fetched;
}
