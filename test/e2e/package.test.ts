import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './readme.ts';

const node = (program: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', program], { cwd: ROOT, encoding: 'utf8' });

it('the package gives the service to a program of its own', () => {
  const program = "import * as hydrant from 'hydrant'; console.log(Object.keys(hydrant).sort().join())";

  expect(node(program)).toBe('ApiError,ConfigError,DeliveryError,createHydrant,defineDestination,serve\n');
});

it('the package holds the program, the test kit and the pages, and nothing else', () => {
  const [pack] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT, encoding: 'utf8' }),
  );
  const paths: string[] = pack.files.map(({ path }: { readonly path: string }) => path);
  const places = new Set(paths.map((path) => /^(dist\/(src|destinations|test\/kit)|docs)\//.exec(path)?.[1] ?? path));

  expect([...places].sort()).toEqual([
    'LICENSE',
    'README.md',
    'dist/destinations',
    'dist/src',
    'dist/test/kit',
    'docs',
    'package.json',
  ]);
  expect(paths).toEqual(expect.arrayContaining(['dist/src/cli.js', 'dist/src/index.d.ts', 'dist/test/kit/index.js']));
});

/** Runs a test file that stands outside, beside the package's own build. */
async function tested(...programs: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(ROOT, 'dist', 'kit-'));
  await writeFile(join(folder, 'mine.test.mjs'), programs.join('\n'));
  await writeFile(join(folder, 'vitest.config.mjs'), "export default { test: { include: ['*.test.mjs'] } };");
  const said = execFileSync('npx', ['vitest', 'run', '--root', folder], { cwd: ROOT, encoding: 'utf8' });
  await rm(folder, { recursive: true });
  return said;
}

it("the test kit proves somebody else's buffer", async () => {
  const said = await tested(
    "import { describeBuffer, memoryBuffer } from 'hydrant/test-kit';",
    "describeBuffer({ name: 'mine', open: async () => memoryBuffer() });",
  );

  expect(said).toMatch(/Tests .*[1-9]\d passed/);
});

it("the test kit proves somebody else's destination, as docs/destinations.md shows it", async () => {
  const page = await readFile(join(ROOT, 'docs', 'destinations.md'), 'utf8');
  const [, example = ''] = /```js\n(import \{ describeDestination.*?)```/s.exec(page) ?? [];

  const said = await tested(example.replace('./loki.mjs', '../../examples/destinations/loki.mjs'));

  expect(said).toMatch(/Tests .*[1-9] passed/);
});
