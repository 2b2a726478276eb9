import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { compileJq, type JqProgram, jqText } from '../formats/jq/index.ts';
import type { Item, Keys, Reason } from './item.ts';
import { extractionFailed } from './partitioning.ts';
import type { Step } from './pipeline.ts';

/**
 * What a query finds in each of the records, in their order. A host that takes records from strangers runs it where a
 * query that never ends can be stopped.
 */
export type Extract = (query: string, records: readonly Uint8Array[]) => Promise<readonly (Keys | Reason)[]>;

/**
 * Firehose's MetadataExtraction: a jq query makes one object of each record, whose members are partition keys. A record
 * that is no JSON fails, as one that the query fails on.
 * https://docs.aws.amazon.com/firehose/latest/dev/dynamic-partitioning-partitioning-keys.html
 */
export function metadataExtraction(query: string, extract: Extract): Step {
  return async (items) => {
    const found = await extract(
      query,
      items.map(({ data }) => data),
    );
    return items.map((item, i) => withKeys(item, found[i]!)); // one for each
  };
}

function withKeys(item: Item, found: Keys | Reason): readonly Item[] | Reason {
  return isKeys(found) ? [{ ...item, queryKeys: found }] : found;
}

function isKeys(found: Keys | Reason): found is Keys {
  return found instanceof Map;
}

/** Runs queries right here. */
export const extractHere: Extract = async (query, records) => {
  const program = compiled(query);
  return records.map((record) => ('message' in program ? program : keysIn(program, record)));
};

const programs = new Map<string, JqProgram | Reason>();
const PROGRAMS_MOST = 1_000;

function compiled(query: string): JqProgram | Reason {
  let program = programs.get(query);
  if (program === undefined) {
    program = compile(query);
    if (programs.size >= PROGRAMS_MOST) programs.clear();
    programs.set(query, program);
  }
  return program;
}

function compile(query: string): JqProgram | Reason {
  try {
    return compileJq(query);
  } catch (error) {
    // Checked at create, so the stream is one of another version.
    return extractionFailed(`The query cannot be run: ${error instanceof Error ? error.message : error}`);
  }
}

function keysIn(program: JqProgram, record: Uint8Array): Keys | Reason {
  const input = parsed(record);
  if (input === undefined) return NOT_JSON;
  const ran = program.run(input);
  if ('error' in ran) return extractionFailed(`jq: error: ${ran.error}`);
  const [keys] = ran.outputs;
  if (ran.outputs.length !== 1 || !isJsonObject(keys)) return extractionFailed(notOneObject(ran.outputs));
  return textsOf(keys);
}

/** AWS's words. */
const NOT_JSON = extractionFailed('Non JSON record provided');

function parsed(record: Uint8Array): JsonValue | undefined {
  try {
    return JSON.parse(utf8.decode(record));
  } catch {
    return undefined; // no JSON or no UTF-8, which is what the record then fails for
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Values are text as jq's `tostring` makes it; null is no value. */
function textsOf(keys: JsonObject): Keys {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(keys)) {
    if (value === null || value === undefined) continue;
    texts.set(key, typeof value === 'string' ? value : jqText(value));
  }
  return texts;
}

function notOneObject(outputs: readonly JsonValue[]): string {
  const [only] = outputs;
  if (outputs.length === 1 && only !== undefined)
    return `The query gives ${jqText(only).slice(0, 100)}, not an object.`;
  return `The query gives ${outputs.length} values for the record; it must give one object.`;
}
