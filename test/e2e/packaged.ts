import { execFile } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '..', '..');
const FRAMEWORK = join(ROOT, 'node_modules', 'serverless', 'bin', 'serverless.js');

export interface TemplateResource {
  readonly Type: string;
  readonly Condition?: string;
  readonly DeletionPolicy?: string;
  // CloudFormation's own shapes, which differ with the type.
  readonly Properties: Readonly<Record<string, unknown>>;
}

export interface Packaged {
  readonly template: {
    readonly Resources: Readonly<Record<string, TemplateResource>>;
    readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
  };
  /** Bytes by the function's name. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** What `serverless package` makes, without a network and without credentials; the parameters are `name=value`. */
export async function packaged(...parameters: readonly string[]): Promise<Packaged> {
  const folder = await fs.mkdtemp(join(tmpdir(), 'hydrant-package-'));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  // The native library is installed for this machine's processor; another one's would have to be fetched.
  const processor = process.arch === 'x64' ? 'x86_64' : 'arm64';
  const given = [`architecture=${processor}`, ...parameters].map((each) => `--param=${each}`);
  try {
    await promisify(execFile)(process.execPath, [FRAMEWORK, 'package', '--package', folder, ...given], {
      cwd: ROOT,
      env,
    });
    const template = await fs.readFile(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
    const zips = (await fs.readdir(folder)).filter((name) => name.endsWith('.zip'));
    const sizes = await Promise.all(
      zips.map(async (name) => [name.slice(0, -'.zip'.length), (await fs.stat(join(folder, name))).size] as const),
    );
    return { template: JSON.parse(template), sizes: new Map(sizes) };
  } finally {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
