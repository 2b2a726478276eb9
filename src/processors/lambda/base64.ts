/**
 * The bytes of base64 as Firehose's own decoder takes it: the standard alphabet, padded, without line breaks; undefined
 * for anything else.
 *
 * Node's decoder is fast and lenient: it takes `-` and `_` for `+` and `/`, ends at `=` and skips what it does not
 * know. The first two are looked for; all else leaves its result shorter than the text's length promises.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === (text.length / 4) * 3 - padding ? bytes : undefined;
}
