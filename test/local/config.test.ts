import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/local/config.ts';

const top = await fs.mkdtemp(join(tmpdir(), 'hydrant-config-'));
afterAll(() => fs.rm(top, { recursive: true }));

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(top, 'f'));
});

const write = (name: string, text: string) => fs.writeFile(join(folder, name), text);
const refused = (field: string, message: RegExp) => ({
  name: 'ConfigError',
  field,
  message: expect.stringMatching(message),
});

describe('a configuration file', () => {
  it('is not needed', async () => {
    expect(await loadConfig({ folder })).toEqual({ settings: {} });
  });

  it('in JSON is found in the current folder', async () => {
    await write('hydrant.config.json', '{"port": 4000, "bufferBudget": "2GiB", "transition": "1.5s"}');

    expect(await loadConfig({ folder })).toEqual({
      file: join(folder, 'hydrant.config.json'),
      settings: { port: 4_000, bufferBudget: 2 * 1024 ** 3, transition: 1_500 },
    });
  });

  it('in JavaScript may be an ES module or a CommonJS one', async () => {
    await write('hydrant.config.js', 'export default { port: 1 };');
    await write('other.cjs', 'module.exports = { port: 2 };');

    expect((await loadConfig({ folder })).settings).toEqual({ port: 1 });
    expect((await loadConfig({ folder, named: 'other.cjs' })).settings).toEqual({ port: 2 });
  });

  const runsTypeScript = 'typescript' in process.features && process.features.typescript !== false;

  const skipped = runsTypeScript ? '' : ' (skipped: needs Node 22.18)';

  it.runIf(runsTypeScript)(`in TypeScript is run by Node itself${skipped}`, async () => {
    await write('hydrant.config.ts', 'const port: number = 3; export default { port };');

    expect((await loadConfig({ folder })).settings).toEqual({ port: 3 });
  });

  it.skipIf(runsTypeScript)(
    'in TypeScript is refused by a Node that cannot run it, in words that say which can',
    async () => {
      await write('hydrant.config.ts', 'export default {}');

      const file = join(folder, 'hydrant.config.ts');
      await expect(loadConfig({ folder })).rejects.toMatchObject(refused(file, /Node 22\.18 or later/));
    },
  );

  it('names paths relative to itself', async () => {
    await write('hydrant.config.json', '{"data": "buffer"}');

    const { settings } = await loadConfig({ folder: tmpdir(), named: join(folder, 'hydrant.config.json') });
    expect(settings.data).toBe(join(folder, 'buffer'));
  });

  it('that is named must exist', async () => {
    await expect(loadConfig({ folder, named: 'no.json' })).rejects.toMatchObject(refused('--config', /no\.json/));
  });

  it('must be the only one', async () => {
    await write('hydrant.config.js', 'export default {};');
    await write('hydrant.config.json', '{}');

    const field = 'hydrant.config.js, hydrant.config.json';
    await expect(loadConfig({ folder })).rejects.toMatchObject(refused(field, /--config/));
  });

  it('that is broken is named, with what is wrong', async () => {
    await write('a.json', '{"port": 1,}');
    await write('b.js', 'export default {');
    await write('c.js', 'export const port = 1;');

    await expect(loadConfig({ folder, named: 'a.json' })).rejects.toMatchObject(
      refused(join(folder, 'a.json'), /JSON/),
    );
    await expect(loadConfig({ folder, named: 'b.js' })).rejects.toMatchObject(refused(join(folder, 'b.js'), /loaded/));
    await expect(loadConfig({ folder, named: 'c.js' })).rejects.toMatchObject(refused(join(folder, 'c.js'), /default/));
  });
});
