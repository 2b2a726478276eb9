import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { client } from '../../src/cli/client.ts';
import { hydrant, sandbox } from './hydrant.ts';

const { newFolder, start, clear } = await sandbox();
afterAll(clear);

describe('hydrant destinations', () => {
  it('lists destinations and partners by the names under which it shows them', async () => {
    const { status, stdout } = await hydrant(['destinations']);

    expect(status).toBe(0);
    const names = [...stdout.matchAll(/^ {2}(\S+) /gm)].map(([, name]) => name);
    expect(names).toEqual(
      JSON.parse((await hydrant(['destinations', '--json'])).stdout).map(({ name }: { name: string }) => name),
    );
    expect(names).toEqual(expect.arrayContaining(['s3', 'splunk', 'datadog', 'logz-io']));
  });

  it('shows a stream that the configuration file takes as it is', async () => {
    const { stdout } = await hydrant(['destinations', 'New Relic', '--json']);
    const folder = await newFolder();
    await fs.writeFile(join(folder, 'hydrant.config.json'), JSON.stringify({ streams: [JSON.parse(stdout).stream] }));
    const { url, end } = await start(folder);

    expect(await client(url).call('ListDeliveryStreams', {})).toMatchObject({ DeliveryStreamNames: ['clicks'] });
    await end('SIGTERM');
  });

  it('shows what a partner needs, for eyes', async () => {
    const { stdout } = await hydrant(['destinations', 'dynatrace']);

    expect(stdout).toContain('Common attribute dt-url (required): the URL of your environment');
    expect(stdout).toContain('"DeliveryStreamName": "clicks"');
  });

  it('says which name was meant, and ends with 2', async () => {
    const { status, stderr } = await hydrant(['destinations', 'datadg']);

    expect(stderr).toBe(
      "hydrant: name: there is no destination datadg; hydrant destinations lists them. Did you mean 'datadog'?\n",
    );
    expect(status).toBe(2);
  });
});
