import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import build from '../e2e/build.ts';
import { sandbox } from '../e2e/hydrant.ts';
import { active, configure, delivered, FLAWLESS, producer, putUntilKilled } from '../e2e/kinesis-load.ts';
import { seededRandom } from '../kit/random.ts';
import { kinesalite } from './kinesis-server.ts';
import { itWith, run, tool } from './tools.ts';

const { newFolder, start, clear } = await sandbox();

const SEED = Number(process.env.HYDRANT_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Open shards in each life of the service, from 8 to 16 and back, twice. */
const SHARDS = [8, 10, 12, 14, 16, 16, 14, 12, 10, 8, 8, 10, 12, 14, 16, 16, 14, 12, 10, 8];
const LIFE_MS = { least: 300, most: 3_000 };

describe('a Kinesis stream', () => {
  beforeAll(build);
  afterAll(clear);

  itWith(
    [kinesalite],
    `is delivered once and in order through resharding and kill -9 (HYDRANT_SEED=${SEED})`,
    async () => {
      const random = seededRandom(SEED);
      const server = await kinesalite.start();
      const kinesis = producer(server.endpoint, random);
      try {
        await kinesis.call('CreateStream', { StreamName: 'clicks', ShardCount: SHARDS[0] });
        const folder = await newFolder();
        // Created before anything is read: about a time since which a shard has got nothing this emulator says nothing.
        await configure(folder, undefined);
        await (await start(folder)).end('SIGTERM');
        await active(() => kinesis.putToAll());
        await configure(folder, { endpoint: server.endpoint });

        for (const shards of SHARDS) {
          const running = await start(folder);
          await kinesis.reshard(shards);
          await putUntilKilled(running, kinesis, LIFE_MS.least + random.below(LIFE_MS.most - LIFE_MS.least));
        }
        const last = await start(folder);
        const findings = await delivered(last, folder, kinesis);
        const log = last.log.filter(({ level }) => level !== 'info');
        const status = await last.end('SIGTERM');

        expect(findings).toEqual(FLAWLESS);
        expect({ status, log }).toEqual({ status: 0, log: [] });
      } finally {
        kinesis.close();
        await server.stop();
      }
    },
  );
});

const packer = tool("AWS's aws_kinesis_agg", 'pip install aws_kinesis_agg six', [
  'python3',
  '-c',
  'import aws_kinesis_agg.aggregator',
]);

const PACK = `
import aws_kinesis_agg.aggregator, base64, json, sys
for line in sys.stdin:
    aggregator = aws_kinesis_agg.aggregator.RecordAggregator()
    for key, data, *hash_key in json.loads(line)['records']:
        aggregator.add_user_record(key, base64.b64decode(data), *hash_key)
    print(base64.b64encode(aggregator.clear_and_get().get_contents()[2]).decode())
`;

describe("AWS's own packer", () => {
  itWith([packer], 'makes of the records of the fixture what is in the fixture', async () => {
    const golden = readFileSync(join(import.meta.dirname, '../sources/fixtures/kpl.ndjson'));

    const packed = run('python3', ['-c', PACK], golden).toString();

    const lines = golden.toString().trim().split('\n');
    expect(packed.trim().split('\n')).toEqual(lines.map((line) => JSON.parse(line).bytes));
  });
});
