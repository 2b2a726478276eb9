import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The rules of the code base that a machine can keep. */

const ROOT = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
});
const files = [...new Set(listed.trim().split('\n'))].filter((path) => exists(path));
const sources = new Map(files.filter((path) => path.endsWith('.ts')).map((path) => [path, read(path)]));

function exists(path: string): boolean {
  try {
    read(path);
    return true;
  } catch {
    return false; // deleted, and the deletion not committed yet; or a folder
  }
}

interface Import {
  readonly from: string;
  /** A path in the repository, or a package's name. */
  readonly of: string;
}

const imports: readonly Import[] = [...sources].flatMap(([from, text]) =>
  [...code(text).matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm)].map(
    ([, ...specifiers]) => {
      const specifier = specifiers.find((each) => each !== undefined) ?? '';
      const of = specifier.startsWith('.') ? normalize(join(dirname(from), specifier)) : specifier;
      return { from, of };
    },
  ),
);

/** The text without what stands in template literals, which may hold whole programs. */
function code(text: string): string {
  return text.replace(/`(?:\\.|[^`\\])*`/gs, '``');
}

/** `src/core/drain.ts:12: what is there`, for every line that matches. */
function linesLike(pattern: RegExp, isMeant: (path: string) => boolean = () => true): readonly string[] {
  return [...sources].flatMap(([path, text]) =>
    isMeant(path)
      ? text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : []))
      : [],
  );
}

const within =
  (...rooms: readonly string[]) =>
  (path: string): boolean =>
    rooms.some((room) => path.startsWith(room));
const thisFile = 'test/tidy.test.ts';
const others = (path: string): boolean => path !== thisFile;

describe('rooms', () => {
  /** What files in a room may import, beside its own files. Rooms that are not named may import anything. */
  const MAY_IMPORT: Readonly<Record<string, readonly RegExp[]>> = {
    'src/core/': [/^node:assert$/],
    'src/formats/': [
      /^src\/core\//,
      /^node:(assert|buffer|crypto|events|stream|stream\/promises|util|zlib)$/,
      /^(snappy|fzstd|@aws-crypto\/client-node)$/,
    ],
    'src/objects/': [/^src\/core\//, /^node:/, /^@aws-sdk\/client-s3$/],
    'src/api/': [/^src\/(core|formats)\//, /^node:(assert|buffer|crypto|util|zlib)$/],
    'src/processors/': [/^src\/(core|formats)\//, /^node:buffer$/],
    'src/sources/': [/^src\/(core|formats)\//, /^node:(buffer|crypto)$/],
    'src/host/': [
      /^src\/(core|api|formats|processors)\//,
      /^destinations\//,
      /^node:/,
      /^@aws-(sdk\/client-(s3|redshift-data)|crypto\/client-node)$/,
    ],
    'src/local/': [
      /^src\/(core|api|formats|host|objects|processors|sources)\//,
      /^destinations\//,
      /^node:/,
      /^(pino|hyparquet)$/,
    ],
    'src/lambda/': [
      /^src\/(core|api|formats|host|objects|processors|sources)\//,
      /^destinations\//,
      /^node:/,
      /^@aws-sdk\//,
    ],
    'src/cli/': [/^src\/(core|api|formats|host|local|lambda|sources)\//, /^node:/, /^(commander|pino|pino-pretty)$/],
    'destinations/': [/^src\/(core|formats|objects)\//, /^node:/, /^undici$/],
    'src/': [/^src\//, /^destinations\//],
  };

  it.each(Object.entries(MAY_IMPORT))('%s imports only what it may', (room, allowed) => {
    const isOwn = (path: string): boolean => path.startsWith(room) && (room !== 'src/' || /^src\/[^/]+$/.test(path));
    const strays = imports.filter(
      ({ from, of }) => isOwn(from) && !of.startsWith(room) && !allowed.some((pattern) => pattern.test(of)),
    );

    expect(strays.filter(({ from, of }) => !(room === 'src/' && from === 'src/cli.ts' && of === 'commander'))).toEqual(
      [],
    );
  });

  it('core and formats have no clock, timer, chance, disk or socket', () => {
    const outside =
      /\bDate\.now\b|\bnew Date\(\)|\bset(Timeout|Interval|Immediate)\b|\bMath\.random\b|\bperformance\.|\bprocess\.(?!version)|\bfetch\(|\brandom(UUID|Bytes)\b/;

    expect(linesLike(outside, within('src/core/', 'src/formats/'))).toEqual([]);
  });

  it('clients of AWS are loaded on first use', () => {
    const eager = /^import (?!type\b).*from '@aws-(sdk|crypto)\//;

    expect(linesLike(eager, within('src/', 'destinations/'))).toEqual([]);
  });

  it('no file imports itself, however far around', () => {
    const next = new Map<string, string[]>();
    for (const { from, of } of imports) if (sources.has(of)) next.set(from, [...(next.get(from) ?? []), of]);
    const done = new Set<string>();
    const cycles: string[] = [];
    const walk = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
      if (done.has(path) || trail.includes(path)) return;
      for (const of of next.get(path) ?? []) walk(of, [...trail, path]);
      done.add(path);
    };
    for (const path of sources.keys()) walk(path, []);

    expect(cycles).toEqual([]);
  });

  it('every import of our own names the file, with its ending', () => {
    const known = (path: string): boolean => sources.has(path) || files.includes(path);

    expect(
      imports.filter(
        ({ from, of }) => others(from) && /^(src|test|destinations|bench|examples|deploy)\//.test(of) && !known(of),
      ),
    ).toEqual([]);
  });
});

describe('files', () => {
  it('have names in kebab-case', () => {
    const odd = [...sources.keys()].filter((path) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.(test|config))?\.ts$/.test(path));

    expect(odd).toEqual([]);
  });

  it('are named for an idea', () => {
    expect(files.filter((path) => /(^|\/)(utils?|helpers?|misc|common)(\/|\.ts$)/.test(path))).toEqual([
      'src/api/shapes/common.ts',
    ]);
  });

  const LONGEST = { src: 380, test: 600 };

  it.each(Object.entries(LONGEST))('in %s are short enough to be read', (room, most) => {
    const long = [...sources].filter(([path, text]) => path.startsWith(`${room}/`) && text.split('\n').length > most);

    expect(long.map(([path]) => path)).toEqual([]);
  });

  it('have comments of at most 120 columns; the formatter sees to the code', () => {
    // A literal that cannot be broken may go beyond.
    const wide = linesLike(/^(?=\s*(\/\*\*|\*|\/\/)|[^'"`]*\s\/\/ ).{121,}$/u, others);

    expect(wide).toEqual([]);
  });
});

describe('code', () => {
  it('says what it means: no any, nothing silenced, nothing left for later', () => {
    const excuse =
      /@ts-(ignore|expect-error|nocheck)|\b(TODO|FIXME|HACK)\b|(:|<|as|\|) any\b(?!\.)|biome-ignore(?!.*: \w)/;

    expect(linesLike(excuse, others)).toEqual([]);
  });

  it('has no section dividers', () => {
    expect(linesLike(/^\s*(\/\/|\*)\s*[-=*#]{4,}/)).toEqual([]);
  });

  it('leaves no test alone or out without a reason', () => {
    expect(
      linesLike(
        /\b(it|test|describe)\.(only|skip)\((?!.*\(skipped: )/,
        (path) => path !== 'test/real/tools.ts' && others(path),
      ),
    ).toEqual([]);
  });

  it('exports nothing that nobody imports', () => {
    const PUBLIC = within('src/index.ts', 'test/kit/', 'test/real/');
    const exported = [...sources].flatMap(([path, text]) =>
      PUBLIC(path)
        ? []
        : [...text.matchAll(/^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm)].map(
            ([, name = '']) => ({ path, name }),
          ),
    );
    const importLists = [...sources].map(([path, text]) => ({ path, text: importsAndExports(text) }));
    const dead = exported.filter(
      ({ path, name }) =>
        !importLists.some((other) => other.path !== path && new RegExp(`\\b${name}\\b`).test(other.text)) &&
        !isPartOfASignature(path, name),
    );

    expect(dead.map(({ path, name }) => `${path}: ${name}`)).toEqual([]);
  });
});

/** The heads of a file: what it imports, and what it hands on. */
function importsAndExports(text: string): string {
  return [
    ...text.matchAll(
      /^(?:import|export)\b[^;]*?\bfrom '[^']+'|\{[^}]*\} = await import\(|\(await import\('[^']+'\)\)\.\w+|typeof import\('[^']+'\)/gm,
    ),
  ].join('\n');
}

/** A type that an exported function takes or gives is exported with it, so that callers can name it. */
function isPartOfASignature(path: string, name: string): boolean {
  const uses = (sources.get(path) ?? '').match(new RegExp(`\\b${name}\\b`, 'g')) ?? [];
  return /^[A-Z][a-z]/.test(name) && uses.length > 1;
}

describe('packages', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const named = (path: string): string =>
    (path.startsWith('@') ? path.split('/').slice(0, 2) : path.split('/').slice(0, 1)).join('/');

  it.each(Object.keys({ ...dependencies, ...devDependencies }))('%s has its reason in docs/dependencies.md', (name) => {
    expect(read('docs/dependencies.md')).toContain(`\`${name}\``);
  });

  it('are pinned, so that an install is what was tested', () => {
    const exact = /^(npm:[\w@/.-]+@)?\d/; // perhaps under another name than its own
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(([, version]) => !exact.test(version));

    expect(loose).toEqual([]);
  });

  it('that the service imports are those it declares', () => {
    const service = within('src/', 'destinations/');
    const used = imports.filter(({ from, of }) => service(from) && !of.startsWith('node:') && !sources.has(of));

    expect([...new Set(used.map(({ of }) => named(of)))].sort()).toEqual(Object.keys(dependencies ?? {}).sort());
  });
});
