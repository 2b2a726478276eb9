/**
 * The keys of a jq query that is one object constructor, such as `{customer: .id, "year": .at[0:4], region}`. Undefined
 * when the query is anything else or has computed keys: then only running it can tell.
 */
export function keysOfQuery(query: string): readonly string[] | undefined {
  const text = query.trim();
  // An interpolated string, `"\(.a)"`, may hold strings of its own.
  if (!text.startsWith('{') || !text.endsWith('}') || text.includes('\\(')) return undefined;
  const entries = topLevelEntries(text.slice(1, -1));
  if (entries === undefined) return undefined;
  const keys: string[] = [];
  for (const entry of entries) {
    const key = KEY.exec(entry);
    if (key === null) return undefined;
    keys.push(key[1] ?? key[2] ?? '');
  }
  return keys;
}

/** A name or a plain string, then its value or nothing (`{region}` is short for `{region: .region}`). */
const KEY = /^\s*(?:([A-Za-z_]\w*)|"([^"\\]*)")\s*(?::|$)/;

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * What stands between the commas that are in no bracket and no string. Undefined when brackets or strings do not match.
 */
function topLevelEntries(text: string): readonly string[] | undefined {
  const entries: string[] = [];
  const open: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '"') {
      i = endOfString(text, i);
      if (i < 0) return undefined;
    } else if (CLOSING[char] !== undefined) open.push(CLOSING[char]);
    else if (')]}'.includes(char)) {
      if (open.pop() !== char) return undefined;
    } else if (char === ',' && open.length === 0) {
      entries.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return open.length === 0 ? [...entries, text.slice(start)] : undefined;
}

/** Where the string that opens at `from` closes; -1 when it does not. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return -1;
}
