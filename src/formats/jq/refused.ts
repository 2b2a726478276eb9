const ONE_INPUT = 'a query sees one record and nothing else';
const NO_CLOCK = 'a query must give the same answer on every retry';
const NO_OUTPUT = 'a query has no output but its result';
const NO_MODULES = 'there are no modules';
const NOT_EXACT = 'its last digits would not be those of jq';

/** Functions of jq 1.6 that this engine does not have, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  input: ONE_INPUT,
  inputs: ONE_INPUT,
  input_filename: ONE_INPUT,
  input_line_number: ONE_INPUT,
  env: ONE_INPUT,
  now: NO_CLOCK,
  localtime: `${NO_CLOCK}; gmtime is the same in UTC`,
  strflocaltime: `${NO_CLOCK}; strftime is the same in UTC`,
  debug: NO_OUTPUT,
  stderr: NO_OUTPUT,
  halt: NO_OUTPUT,
  halt_error: NO_OUTPUT,
  modulemeta: NO_MODULES,
  get_search_list: NO_MODULES,
  get_prog_origin: NO_MODULES,
  get_jq_origin: NO_MODULES,
  builtins: 'the functions are not those of jq to the last one',
  erf: NOT_EXACT,
  erfc: NOT_EXACT,
  fma: NOT_EXACT,
  gamma: NOT_EXACT,
  j0: NOT_EXACT,
  j1: NOT_EXACT,
  jn: NOT_EXACT,
  lgamma: NOT_EXACT,
  lgamma_r: NOT_EXACT,
  tgamma: NOT_EXACT,
  y0: NOT_EXACT,
  y1: NOT_EXACT,
  yn: NOT_EXACT,
};

/** Why a function of jq is not supported; undefined for any other name. */
export function refusalOf(name: string): string | undefined {
  return Object.hasOwn(REFUSED, name) ? `${name} is not supported: ${REFUSED[name]}` : undefined;
}
