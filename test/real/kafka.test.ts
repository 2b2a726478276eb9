import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { hydrant, linesIn, type Running, sandbox } from '../e2e/hydrant.ts';
import { codeBlocks } from '../e2e/readme.ts';
import { seededRandom } from '../kit/random.ts';
import { kafkaJars } from './jars.ts';
import { CLUSTER, configure, delivered, FLAWLESS, mskStream, TOPIC, writer } from './kafka-load.ts';
import { type KafkaNode, kafkaNode } from './kafka-node.ts';
import { itWith } from './tools.ts';

const { newFolder, start, clear } = await sandbox();
const jars = kafkaJars();

const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Partitions in each life of the service. */
const PARTITIONS = [...Array<number>(8).fill(12), ...Array<number>(4).fill(14), ...Array<number>(8).fill(16)];
const LIFE_MS = { least: 300, most: 3_000 };
const WRITE_EVERY_MS = 20;
/** Of the broker, in this life: the service has to wait for it. */
const BROKER_KILLED = 10;

let node: KafkaNode | undefined;

async function broker(): Promise<KafkaNode> {
  node = await kafkaNode();
  return node;
}

/** What `status` says of the stream, once it says what is waited for. */
async function told(running: Running, isIt: (source: Record<string, unknown>) => boolean) {
  for (;;) {
    const { sources } = (await (await fetch(`${running.url}/ready`)).json()) as { sources: Record<string, unknown>[] };
    const found = sources.find(isIt);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function linesOnce(running: Running, folder: string, count: number): Promise<readonly string[]> {
  for (;;) {
    await hydrant(['flush', '--endpoint', running.url]);
    const lines = await linesIn(folder, 'plain').catch(() => []); // the bucket is made with its first object
    if (lines.length >= count) return lines;
  }
}

describe('a topic of a real broker', () => {
  beforeAll(build);
  afterEach(async () => node?.remove());
  afterAll(clear);

  itWith(
    [jars],
    `is delivered once and in order while partitions are added, the service is killed 20 times and the broker once (HYDRANT_SEED=${SEED})`,
    async () => {
      const random = seededRandom(SEED);
      const { address, tell, kill, start: startAgain, ...rest } = await broker();
      const writing = writer({ address, tell, kill, start: startAgain, ...rest }, random);
      const folder = await newFolder();
      await configure(folder, { bootstrapBrokers: address });

      for (const [life, partitions] of PARTITIONS.entries()) {
        if (life === BROKER_KILLED) await kill();
        const running = await start(folder);
        if (life === BROKER_KILLED) await startAgain();
        if (partitions > writing.counts.length) await writing.grow(partitions);
        const end = Date.now() + LIFE_MS.least + random.below(LIFE_MS.most - LIFE_MS.least);
        while (Date.now() < end) {
          await writing.writeSome();
          await new Promise((resolve) => setTimeout(resolve, WRITE_EVERY_MS));
        }
        await running.end('SIGKILL');
      }
      const last = await start(folder);
      const findings = await delivered(last, folder, writing.counts);
      const ready = await (await fetch(`${last.url}/ready`)).json();
      const log = last.log.filter(({ level }) => level !== 'info');
      const status = await last.end('SIGTERM');

      expect(findings).toEqual(FLAWLESS);
      expect(Math.min(...writing.counts)).toBeGreaterThan(0);
      const source = { partitions: 16, recordsBehindLatest: 0, millisBehindLatest: 0 };
      expect(ready).toMatchObject({ sources: [source, source] });
      expect({ status, log }).toEqual({ status: 0, log: [] });
    },
  );

  itWith([jars], 'is read by the configuration in docs/sources.md', async () => {
    const { saslAddress, tell } = await broker();
    const text = codeBlocks('docs/sources.md').find(({ text }) => text.includes('kafka: {'))?.text ?? '';
    const folder = await newFolder();
    const brokers = /bootstrapBrokers: '[^']*'/;
    await writeFile(join(folder, 'password'), 'secret');
    await writeFile(
      join(folder, 'hydrant.config.mjs'),
      text
        .replace(brokers, `bootstrapBrokers: '${saslAddress}'`)
        .replace("username: 'hydrant', password: 'env:KAFKA_PASSWORD'", "username: 'bob', password: 'file:password'"),
    );
    await tell('create', 'orders', 1);
    await tell('send', 'orders', 0, 'zstd', 'one');
    await tell('send', 'orders', 0, 'zstd', 'two');
    await tell('flush');

    const running = await start(folder);
    await told(running, ({ recordsBehindLatest }) => recordsBehindLatest === 0);
    await hydrant(['flush', '--endpoint', running.url]);
    const lines = await linesIn(folder, 'lake');
    await running.end('SIGTERM');

    expect(text).toMatch(brokers);
    expect(lines).toEqual(['one', 'two']);
  });

  itWith([jars], 'is read behind each login that the broker knows, and not with a wrong password', async () => {
    const { saslAddress, tell } = await broker();
    await tell('create', TOPIC, 1);
    const folder = await newFolder();
    await writeFile(join(folder, 'password'), 'secret\n');
    const begun = async (mechanism: string, username: string, password: string): Promise<Running> => {
      const sasl = { mechanism, username, password };
      const kafka = { [CLUSTER]: { bootstrapBrokers: [saslAddress], sasl } };
      await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ kafka, streams: [mskStream('plain')] }));
      return start(folder);
    };

    const logins = [
      ['PLAIN', 'alice'],
      ['SCRAM-SHA-256', 'bob'],
      ['SCRAM-SHA-512', 'bob'],
    ] as const;
    for (const [i, [mechanism, username]] of logins.entries()) {
      await tell('send', TOPIC, 0, 'none', mechanism);
      await tell('flush');
      const running = await begun(mechanism, username, 'file:password');
      await told(running, ({ recordsBehindLatest }) => recordsBehindLatest === 0);
      expect((await linesOnce(running, folder, 1)).join('')).toContain(logins[i]?.[0]);
      await running.end('SIGTERM');
    }
    await writeFile(join(folder, 'password'), 'wrong');
    const refused = await begun('SCRAM-SHA-512', 'bob', 'file:password');
    await told(refused, ({ failure }) => failure === 'Kafka.AccessDenied');
    await refused.end('SIGTERM');

    expect(refused.log).toContainEqual(expect.objectContaining({ code: 'Kafka.AccessDenied', stream: 'plain' }));
  });

  itWith([jars], 'that has lost its oldest records is read from what it has, which is said and counted', async () => {
    const { address, tell } = await broker();
    await tell('create', TOPIC, 1);
    const folder = await newFolder();
    const kafka = { [CLUSTER]: { bootstrapBrokers: address } };
    await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ kafka, streams: [mskStream('plain')] }));
    const first = await start(folder);
    await told(first, ({ recordsBehindLatest }) => recordsBehindLatest === 0);
    await first.end('SIGKILL');
    for (let i = 0; i < 5; i++) await tell('send', TOPIC, 0, 'none', `${i}|`);
    await tell('flush');
    await tell('forget', TOPIC, 0, 3);

    const second = await start(folder);
    const lines = await linesOnce(second, folder, 1);
    await second.end('SIGTERM');

    expect(lines).toEqual(['3|4|']);
    expect(second.log).toContainEqual(expect.objectContaining({ level: 'error', partition: 0, from: 0, to: 3 }));
  });

  itWith([jars], 'is read from its beginning when it was deleted and made again', async () => {
    const { address, tell } = await broker();
    const folder = await newFolder();
    const kafka = { [CLUSTER]: { bootstrapBrokers: address } };
    await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ kafka, streams: [mskStream('plain')] }));
    await tell('create', TOPIC, 1);
    for (let i = 0; i < 3; i++) await tell('send', TOPIC, 0, 'none', `old${i}|`);
    await tell('flush');
    const running = await start(folder);
    await told(running, ({ recordsBehindLatest }) => recordsBehindLatest === 0);

    await tell('delete', TOPIC);
    await told(running, ({ failure }) => failure === 'Kafka.ResourceNotFound');
    await tell('create', TOPIC, 1);
    for (let i = 0; i < 5; i++) await tell('send', TOPIC, 0, 'none', `new${i}|`);
    await tell('flush');
    await told(running, ({ failure, recordsBehindLatest }) => failure === undefined && recordsBehindLatest === 0);
    const lines = await linesOnce(running, folder, 1);
    await running.end('SIGTERM');

    expect(lines.join('')).toBe('old0|old1|old2|new0|new1|new2|new3|new4|');
  });

  itWith([jars], 'gives what was committed, and no byte for what has no value', async () => {
    const { address, tell } = await broker();
    const folder = await newFolder();
    const kafka = { [CLUSTER]: { bootstrapBrokers: address } };
    await writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ kafka, streams: [mskStream('plain')] }));
    await tell('create', TOPIC, 1);
    await tell('send', TOPIC, 0, 'none', 'a|');
    await tell('send', TOPIC, 0, 'none', '~');
    await tell('flush');
    await tell('aborted', TOPIC, 0, 'b|');
    await tell('send', TOPIC, 0, 'lz4', 'c|');
    await tell('flush');

    const running = await start(folder);
    await told(running, ({ recordsBehindLatest }) => recordsBehindLatest === 0);
    const lines = await linesOnce(running, folder, 1);
    await running.end('SIGTERM');

    expect(lines).toEqual(['a|committed after b|c|']);
  });
});
