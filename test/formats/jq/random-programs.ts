import { type Random, seededRandom } from '../../kit/random.ts';

/**
 * Programs over jq's grammar, the same for the same seed. They end: no loops without bounds, no numbers that multiply
 * texts; and they keep off what is known to differ, such as members named like array indexes.
 */
export function randomPrograms(seed: number, count: number): readonly string[] {
  const random = seededRandom(seed);
  const programs = Array.from({ length: count }, () => expression(random, 4, []));
  return [...new Set(programs)];
}

/** Between parentheses whatever binds loosely, so that every choice can stand everywhere. */
function expression(random: Random, depth: number, variables: readonly string[]): string {
  const inner = (more: readonly string[] = []): string => expression(random, depth - 1, [...variables, ...more]);
  if (depth === 0) return leaf(random, variables);
  const x = `$v${variables.length}`;
  const choices: readonly (() => string)[] = [
    () => leaf(random, variables),
    () => path(random, 2),
    () => `(${inner()} | ${inner()})`,
    () => `(${inner()}, ${inner()})`,
    () => `(${inner()} ${random.pick(['+', '-', '==', '!=', '<', '<=', '>', '>=', 'and', 'or', '//'])} ${inner()})`,
    () => `(${inner()} ${random.pick(['* 2', '/ 2', '% 3', '/ ","', '- [1]', '+ {"q": 1}'])})`,
    () => `[${inner()}]`,
    () => `{a: (${inner()}), ${random.pick(['b', '"c d"', '"k\\(1)"', 'if'])}: ${inner()}}`,
    () => `{("k" + (${inner()} | type)): (${inner()})}`,
    () => `(if ${inner()} then ${inner()} else ${inner()} end)`,
    () => `(try ${inner()} catch ${inner()})`,
    () => `(${inner()})?`,
    () => `(${inner()} as ${x} | ${inner([x])})`,
    () => `(${inner()} as [${x}] | ${inner([x])})`,
    () => `(. as {a: ${x}} ?// [${x}] ?// ${x} | ${inner([x])})`,
    () => `(reduce ${path(random, 1)} as ${x} (${inner()}; ${inner([x])}))`,
    () => `(foreach ${path(random, 1)} as ${x} (${inner()}; ${inner([x])}))`,
    () => `(label $out | foreach .[]? as ${x} (0; . + 1; if . > 2 then ., break $out else ${inner([x])} end))`,
    () => `(def f: ${inner()}; f)`,
    () => `(def f(g): g, (${inner()} | g); f(${inner()}))`,
    () => `"<\\(${inner()})>"`,
    () => `(@${random.pick(['json', 'html', 'uri', 'sh', 'base64'])} "x\\(${inner()})")`,
    () => `(${path(random, 2)} ${random.pick(['=', '|=', '+=', '-=', '//='])} ${inner()})`,
    () => `[path(${path(random, 3)})]`,
    () => `del(${path(random, 2)})`,
    () =>
      `${random.pick(['map', 'select', 'sort_by', 'group_by', 'min_by', 'unique_by', 'map_values', 'first', 'last'])}(${inner()})`,
    () => `[limit(${random.below(3)}; ${inner()})]`,
    () => `${random.pick(['any', 'all'])}(${inner()}; ${inner()})`,
    () => `(${inner()} | ${random.pick(BUILT_INS)})`,
    () => `[${random.pick(['paths', '..', '.[]?', 'recurse(.[]?)', 'range(3)', 'tostream'])} | ${inner()}]`,
    () => `with_entries(.value |= ${inner()})`,
  ];
  return random.pick(choices)();
}

function leaf(random: Random, variables: readonly string[]): string {
  const constants = [
    '.',
    '.',
    '.a',
    '.b',
    '.[0]',
    '.[]?',
    'null',
    'true',
    'false',
    '0',
    '1',
    '-1.5',
    '"a"',
    '[]',
    '{}',
  ];
  return random.pick([...constants, '"abc"', '[1, "a"]', '{"a": 2}', 'empty', 'length?', 'type', ...variables]);
}

/** What can stand on the left of an assignment. */
function path(random: Random, depth: number): string {
  if (depth === 0) return random.pick(['.', '.a', '.b', '.[0]', '.[]?', '.a?', '.[1:]?', '.[-1]?', '.["c"]?']);
  const inner = (): string => path(random, depth - 1);
  const choices: readonly (() => string)[] = [
    inner,
    () => `(${inner()} | ${inner()})`,
    () => `(${inner()}, ${inner()})`,
    () => `(${inner()} // ${inner()})`,
    () => `(if ${inner()} then ${inner()} else ${inner()} end)`,
    () => `(try ${inner()} catch ${inner()})`,
    () => `(${inner()} | select(${inner()}))`,
    () => `first(${inner()})`,
    () => `(${inner()} | getpath(["a"])?)`,
    () => `(${inner()} as $p | ${inner()})`,
    () => `limit(2; ${inner()})`,
    () => 'recurse(.a?; . != null)',
  ];
  return random.pick(choices)();
}

const BUILT_INS = [
  ...[
    'length',
    'keys',
    'tostring',
    'tojson',
    'type',
    'not',
    'add',
    'sort',
    'unique',
    'min',
    'max',
    'reverse',
    'flatten',
  ],
  ...['tonumber', 'to_entries', 'from_entries', 'explode', 'ascii_downcase', 'floor', 'values', 'strings', 'numbers'],
  ...[
    'has("a")',
    'has(0)',
    'contains("a")',
    'index("a")',
    'split("a")',
    'join(",")',
    'startswith("a")',
    'ltrimstr("a")',
  ],
  ...['test("a")', 'sub("a"; "b")', 'gsub("(?<x>[a-c])"; "<\\(.x)>")', '[match("[a-z]"; "g").offset]', 'ascii_upcase'],
  ...[
    '@text',
    '@json',
    '@base64',
    'tojson | fromjson',
    'todate?',
    'any',
    'all',
    'first',
    'last',
    'transpose?',
    'error',
  ],
];
