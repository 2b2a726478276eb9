import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Plugin } from 'esbuild';

/** Where bundles lie, a folder for each function; serverless.yml names them as handlers. */
const FOLDER = '.lambda';

/** What runs on a thread is a file of its own, beside the bundle that starts it. */
const THREADS: Readonly<Record<string, string>> = { process: 'src/host/jq-thread.ts' };

/** Snappy's library is native, so it cannot be bundled. Only what writes objects needs it. */
const NEEDS_SNAPPY: readonly string[] = ['deliver'];

export interface BundleOptions {
  /** Holds package.json and src. */
  readonly root: string;
  /** The folder that gets `.lambda`. */
  readonly into: string;
  readonly functions: readonly string[];
  readonly runsOn: Processor;
}

/** Those that Lambda has, as Node names them, or that of this machine. */
export type Processor = 'arm64' | 'x64' | 'this machine';

/**
 * Makes every function's bundle anew: what its handler imports and no more, minified, in chunks that are loaded when
 * they are first needed, so that a cold start reads only what its request uses. Source maps lie apart, in
 * `.lambda/maps`, to read a stack trace with.
 */
export async function bundle({ root, into, functions, runsOn }: BundleOptions): Promise<void> {
  const folder = join(into, FOLDER);
  await rm(folder, { recursive: true, force: true });
  for (const name of functions) await bundleFunction(name, { root, folder });
  const snappy = await snappyPackages(root, { folder, runsOn });
  for (const name of functions.filter((each) => NEEDS_SNAPPY.includes(each))) {
    for (const each of snappy.names) {
      const to = join(folder, name, 'node_modules', each);
      await cp(join(snappy.folder, each), to, { recursive: true });
    }
  }
}

async function bundleFunction(
  name: string,
  { root, folder }: { readonly root: string; readonly folder: string },
): Promise<void> {
  const { build } = await import('esbuild');
  const own = join(folder, name);
  const thread = THREADS[name];
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: {
      index: `src/lambda/handlers/${name}.ts`,
      ...(thread !== undefined && { 'jq-thread': thread }),
    },
    outdir: own,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minify: true,
    sourcemap: 'external',
    legalComments: 'none',
    external: ['snappy'],
    // Packages of AWS have a form that is made to be bundled, with modules that what is unused can be left out of.
    mainFields: ['module', 'main'],
    plugins: [namedExports],
    // Packages in the older form of modules are among those that are bundled.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    write: false,
    logLevel: 'warning',
  });
  const maps = join(folder, 'maps', name);
  await mkdir(own, { recursive: true });
  await mkdir(maps, { recursive: true });
  for (const { path, contents } of outputFiles) {
    const file = path.slice(own.length + 1);
    await writeFile(join(file.endsWith('.map') ? maps : own, file), contents);
  }
  await writeFile(join(own, 'package.json'), '{"type":"module"}\n');
}

/**
 * A package in the older form of modules that is loaded on first use becomes a chunk with nothing but a default export;
 * Node gives it names as well, and our code relies on them.
 */
const namedExports: Plugin = {
  name: 'named exports of packages that are loaded on first use',
  setup(build) {
    build.onResolve({ filter: /^[@a-z]/ }, ({ kind, path, importer, resolveDir }) => {
      const isOurs = kind === 'dynamic-import' && !importer.includes('node_modules');
      if (!isOurs || path.startsWith('node:') || build.initialOptions.external?.includes(path)) return undefined;
      return { path, namespace: 'named', pluginData: resolveDir };
    });
    build.onLoad({ filter: /.*/, namespace: 'named' }, async ({ path, pluginData: resolveDir }) => {
      const names = Object.keys(await import(path)).filter((name) => /^\w+$/.test(name) && name !== 'default');
      return { contents: `export { ${names.join(', ')} } from '${path}';`, resolveDir };
    });
  },
};

interface Packages {
  /** The node_modules that they are in. */
  readonly folder: string;
  readonly names: readonly string[];
}

/** npm fetches the library when it is for another processor than this machine's, in the version that is pinned. */
async function snappyPackages(
  root: string,
  { folder, runsOn }: Pick<BundleOptions, 'runsOn'> & { readonly folder: string },
): Promise<Packages> {
  const installed = (await readdir(join(root, 'node_modules', '@napi-rs'))).map((each) => `@napi-rs/${each}`);
  const wanted = runsOn === 'this machine' ? installed : [`@napi-rs/snappy-linux-${runsOn}-gnu`];
  const names = ['snappy', ...wanted];
  if (wanted.every((each) => installed.includes(each))) return { folder: join(root, 'node_modules'), names };
  const { dependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const fetched = join(folder, 'fetched');
  await promisify(execFile)('npm', [
    ...['install', '--prefix', fetched, '--no-save', '--no-audit', '--ignore-scripts', '--silent'],
    ...['--os', 'linux', '--cpu', runsOn, '--libc', 'glibc', `snappy@${dependencies.snappy}`],
  ]);
  return { folder: join(fetched, 'node_modules'), names };
}
