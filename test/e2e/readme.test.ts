import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SETTINGS } from '../../src/local/settings.ts';
import { hydrant, objectsIn, type Running, sandbox } from './hydrant.ts';
import { codeBlocks, commandsIn, ROOT } from './readme.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

const shell = codeBlocks('README.md').filter(({ language }) => language === 'sh');
const commands = shell.flatMap(({ text }) => commandsIn(text));
const SERVE = 'npx hydrant serve';

/** What a block's commands are run by: npx finds our command, and the port is the one that the test's Hydrant has. */
function script(text: string, url: string): string {
  const cli = join(ROOT, 'dist', 'src', 'cli.js');
  const npx = `npx() { shift; node ${cli} "$@"; }`;
  const own = commandsIn(text).map((command) =>
    command
      .replaceAll('http://127.0.0.1:4573', url)
      .replace(/npx hydrant (put|flush)/, `npx hydrant $1 --endpoint ${url}`),
  );
  return [npx, 'set -eo pipefail', ...own].join('\n');
}

const keysOf = (page: string): readonly string[] =>
  codeBlocks(page).flatMap(({ language, text }) => (language === 'sh' && !text.includes('--stack') ? [text] : []));

const hasAwsCli = spawnSync('aws', ['--version'], { stdio: 'ignore' }).status === 0;
if (!hasAwsCli && process.env.CI === 'true') throw new Error('The AWS CLI is missing: pip install awscli');

describe('the commands of README.md', () => {
  let folder: string;
  let running: Running;
  beforeAll(async () => {
    folder = await newFolder();
    running = await start(folder);
  });

  const run = (text: string) => {
    const env = { ...process.env, PATH: `${process.env.PATH}`, AWS_CONFIG_FILE: '/dev/null', AWS_PAGER: '' };
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script(text, running.url)], {
      cwd: folder,
      env,
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };

  const isOf = (program: string) => (text: string) => commandsIn(text).some((command) => command.startsWith(program));
  const texts = shell.map(({ text }) => text);
  const quickstart = texts.filter(isOf('aws '));
  const keys = texts.filter((text) => text.includes('npx hydrant keys'));
  // The preview's is run by the tests of the preview.
  const known = ['aws ', 'npm ', SERVE, 'npx hydrant preview '];
  const others = texts
    .filter((text) => !known.some((program) => isOf(program)(text)))
    .filter((text) => !keys.includes(text));

  it('hold the quickstart in one block', () => {
    expect(quickstart).toHaveLength(1);
    expect(commandsIn(quickstart[0] ?? '').length).toBeLessThanOrEqual(10);
  });

  it.skipIf(!hasAwsCli)(
    `make the quickstart, with the AWS CLI${hasAwsCli ? '' : ' (skipped: aws is missing: pip install awscli)'}`,
    async () => {
      const { status, stdout, stderr } = run(quickstart[0] ?? '');

      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      // Version 2 of the CLI takes blobs in base64, version 1 as they are.
      expect(stdout).toMatch(/Hello from Hydrant|SGVsbG8gZnJvbSBIeWRyYW50Cg==/);
    },
  );

  it.each(others)('run: %s', async (text) => {
    await putStream(running.url, 'clicks');

    const { status, stderr, stdout } = run(text);

    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/2 records .* acknowledged by clicks(.*\n)+.*"alive"(.*\n)+.*"ready"/);
  });

  it.each([...keys, ...keysOf('docs/authentication.md')])('give out keys: %s', async (text) => {
    const { status, stdout } = spawnSync('bash', ['-c', script(text, '')], {
      cwd: await newFolder(),
      encoding: 'utf8',
    });

    expect(status).toBe(0);
    expect(stdout).toMatch(/admin +\* +\* .*\n.*web +firehose:PutRecord,firehose:PutRecordBatch +clicks,orders-\* /);
  });

  it.each(commands.filter((command) => command.startsWith(SERVE)))('start the service: %s', async (command) => {
    const other = await start(await newFolder(), ...command.slice(SERVE.length).trim().split(/\s+/));

    expect(await other.end('SIGTERM')).toBe(0);
  });

  it('that npm runs are run before every merge, or run the service', async () => {
    const scripts = Object.keys(JSON.parse(await fs.readFile(join(ROOT, 'package.json'), 'utf8')).scripts);
    const ci = await fs.readFile(join(ROOT, '.ci', 'run'), 'utf8');
    const npm = commands.filter((command) => /^(npm|\.ci)/.test(command)).flatMap((command) => command.split(' && '));

    expect(npm).toContain('.ci/run');
    for (const command of npm) {
      const [, name = ''] = /^npm (?:run )?(\w+)(?: -- .*)?$/.exec(command) ?? [];
      if (command === '.ci/run' || name === 'ci') continue;
      expect(scripts).toContain(name);
      if (!['start', 'offline', 'deploy'].includes(name))
        expect(ci).toMatch(new RegExp(`npm (run )?(--silent )?${name}\\b`));
    }
  });
});

describe('docs/configuration.md', () => {
  it('has every setting and every flag', async () => {
    const text = await fs.readFile(join(ROOT, 'docs', 'configuration.md'), 'utf8');
    const { stdout } = await hydrant(['serve', '--help']);
    const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z0-9-]+)/gm)].map(([, flag]) => flag ?? '');

    const names = [...Object.keys(SETTINGS), ...flags.filter((flag) => flag !== '--help')];
    expect(flags).toContain('--port');
    expect(names.filter((name) => !text.includes(`\`${name}`))).toEqual([]);
  });
});

describe('the pages', () => {
  it.each([
    'README.md',
    'docs/architecture.md',
    'docs/authentication.md',
    'docs/configuration.md',
    'docs/cost.md',
    'docs/dependencies.md',
    'docs/deploy.md',
    'docs/durability.md',
  ])('link only to what is there: %s', async (page) => {
    const text = await fs.readFile(join(ROOT, page), 'utf8');
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    const own = links.filter((link) => !link.startsWith('https://')).map((link) => join(ROOT, dirname(page), link));

    await Promise.all(own.map((path) => fs.access(path)));
    expect(links.filter((link) => /^http:/.test(link))).toEqual([]);
  });
});

describe('the configuration of README.md', () => {
  const example = codeBlocks('README.md').find(({ language }) => language === 'js');

  it('starts the service with its stream, which delivers', async () => {
    const folder = await newFolder();
    await fs.writeFile(join(folder, 'hydrant.config.js'), example?.text ?? '');
    const running = await start(folder);

    await post(running.url, 'PutRecord', { DeliveryStreamName: 'orders', Record: { Data: 'e30K' } });
    await fetch(`${running.url}/_hydrant/flush`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });

    let found = 0;
    for await (const [key] of objectsIn(folder, 'lake')) {
      found++;
      expect(key).toMatch(/^orders\/year=\d{4}\/month=\d\d\/day=\d\d\/orders-1-.*\.gz$/);
    }
    expect(found).toBe(1);
  });

  it('has its example of a mistake answered as it says', async () => {
    const folder = await newFolder();
    await fs.writeFile(join(folder, 'hydrant.config.js'), example?.text.replace('Prefix:', 'Prefx:') ?? '');

    const [, message = ''] =
      /^A mistake in it is named with its path: `([^`]+)`$/m.exec(await fs.readFile(join(ROOT, 'README.md'), 'utf8')) ??
      [];
    await expect(start(folder)).rejects.toThrow(`hydrant: ${message}\n`);
  });
});

async function putStream(url: string, DeliveryStreamName: string): Promise<void> {
  const ExtendedS3DestinationConfiguration = {
    RoleARN: 'arn:aws:iam::000000000000:role/any',
    BucketARN: 'arn:aws:s3:::lake',
  };
  await post(url, 'CreateDeliveryStream', { DeliveryStreamName, ExtendedS3DestinationConfiguration });
}

async function post(url: string, operation: string, input: object): Promise<void> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `Firehose_20150804.${operation}`,
  };
  await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) });
}
