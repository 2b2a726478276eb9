import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kafkaClassPath } from './jars.ts';
import { freePort } from './s3-servers.ts';

export interface KafkaNode {
  /** Of its listeners: in the clear and without a login, and with one. */
  readonly address: string;
  readonly saslAddress: string;
  /** A command of KafkaNode.java. Rejects with what went wrong. */
  tell(...words: readonly (string | number)[]): Promise<void>;
  /** At once, as a power cut would. */
  kill(): Promise<void>;
  /** Resolves when it takes commands; what it held when it was killed is there. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** A broker in a folder of its own. */
export async function kafkaNode(): Promise<KafkaNode> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'hydrant-kafka-'));
  const [port, controllerPort, saslPort] = [await freePort(), await freePort(), await freePort()];
  const properties = join(folder, 'server.properties');
  await fs.writeFile(properties, propertiesOf({ folder, port, controllerPort, saslPort }));
  let child: ChildProcess | undefined;
  const answers: ((line: string) => void)[] = [];

  function answered(): Promise<void> {
    return new Promise((resolve, reject) => {
      answers.push((line) => (line === 'ok' ? resolve() : reject(new Error(line))));
    });
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async function start(): Promise<void> {
    const program = join(import.meta.dirname, 'KafkaNode.java');
    const args = ['-Xms512m', '-Xmx512m', '-cp', kafkaClassPath, program, properties];
    const started = spawn('java', args, { cwd: folder, stdio: ['pipe', 'pipe', 'ignore'] });
    child = started;
    createInterface({ input: started.stdout }).on('line', (line) => answers.shift()?.(line));
    started.once('exit', () => {
      for (const each of answers.splice(0)) each('The broker has ended.');
    });
    await answered();
  }

  await start();
  return {
    address: `127.0.0.1:${port}`,
    saslAddress: `127.0.0.1:${saslPort}`,
    async tell(...words) {
      child?.stdin?.write(`${words.join(' ')}\n`);
      await answered();
    },
    ...{ kill, start },
    async remove() {
      await kill();
      await fs.rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

interface Places {
  readonly folder: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly saslPort: number;
}

function propertiesOf({ folder, port, controllerPort, saslPort }: Places): string {
  const listener = 'listener.name.sasl_plaintext';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;';
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: [
      `PLAINTEXT://127.0.0.1:${port}`,
      `CONTROLLER://127.0.0.1:${controllerPort}`,
      `SASL_PLAINTEXT://127.0.0.1:${saslPort}`,
    ],
    'advertised.listeners': [`PLAINTEXT://127.0.0.1:${port}`, `SASL_PLAINTEXT://127.0.0.1:${saslPort}`],
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': ['PLAINTEXT', 'CONTROLLER', 'SASL_PLAINTEXT'].map(
      (name) => `${name}:${name === 'CONTROLLER' ? 'PLAINTEXT' : name}`,
    ),
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]:
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="secret";',
    [`${listener}.scram-sha-256.sasl.jaas.config`]: scram,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: scram,
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'auto.create.topics.enable': false,
  })
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
