import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { dynamoDbJars, dynamoDbLocal, elasticMqClassPath, elasticMqJars } from './jars.ts';
import { freePort, started } from './s3-servers.ts';
import { type Tool, tool } from './tools.ts';

/** Another program that speaks the API of one of AWS's services. */
export interface AwsServer {
  readonly name: string;
  readonly tools: readonly Tool[];
  /** Starts it on a free port; resolves with its URL when it answers. */
  start(): Promise<{ readonly endpoint: string; stop(): Promise<void> }>;
}

const java = tool('Java 17', 'apt-get install openjdk-17-jdk-headless', ['java', '-version']);

const { HYDRANT_DYNAMODB_ENDPOINT: givenDynamoDb, HYDRANT_SQS_ENDPOINT: givenSqs } = process.env;

/** One that runs already, such as those of `compose.yaml`, or else the one to be started. */
function runningOr(endpoint: string | undefined, server: AwsServer): AwsServer {
  if (endpoint === undefined) return server;
  return { name: `${server.name} at ${endpoint}`, tools: [], start: async () => ({ endpoint, stop: async () => {} }) };
}

/** AWS's own emulator of DynamoDB. */
export const dynamoDb = runningOr(givenDynamoDb, {
  name: 'DynamoDB Local',
  tools: givenDynamoDb === undefined ? [java, dynamoDbJars()] : [],
  async start() {
    const port = await freePort();
    const { classPath, libraries } = dynamoDbLocal;
    const program = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner';
    const java = ['-Xmx1g', `-Djava.library.path=${libraries}`, '-cp', classPath, program];
    const args = [...java, '-inMemory', '-disableTelemetry', '-port', `${port}`];
    // It writes a file where it is started.
    return started(spawn('java', args, { stdio: 'ignore', cwd: libraries }), port);
  },
});

export const elasticMq = runningOr(givenSqs, {
  name: 'ElasticMQ',
  tools: givenSqs === undefined ? [java, elasticMqJars()] : [],
  async start() {
    const port = await freePort();
    const program = join(import.meta.dirname, 'SqsServer.java');
    const args = ['-Xmx512m', '-cp', elasticMqClassPath, program, `${port}`];
    return started(spawn('java', args, { stdio: 'ignore' }), port);
  },
});
