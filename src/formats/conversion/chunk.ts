import type { Dictionary } from './dictionary.ts';
import type { OutputFormat } from './format-options.ts';
import { written } from './growing-bytes.ts';
import type { Leaf } from './leaf.ts';
import type { PageCodec } from './page-codec.ts';
import {
  countLevels,
  dataPage,
  dictionaryPage,
  type Page,
  PLAIN,
  PLAIN_DICTIONARY,
  RLE,
  RLE_DICTIONARY,
} from './pages.ts';
import { statistics } from './statistics.ts';
import { encoded, i32, i64, list, struct, type ThriftValue, text } from './thrift.ts';

/** One leaf's part of a row group: its pages, closed one after the other, and what the footer says of them. */
export interface Chunk {
  /** The leaf's values since the last page, in bytes as they would be written now. */
  readonly openBytes: () => number;
  /** Bytes of the pages closed, before compression. */
  readonly closedBytes: () => number;
  /** Between two records: turns away from a dictionary that is not worth it. */
  readonly review: () => void;
  /** Between two records: the leaf's values become a page, which is compressed while the next one fills. */
  readonly closePage: () => void;
  /** Resolves when every closed page is compressed. */
  readonly settled: () => Promise<unknown>;
  /** The chunk as it stands in the file from `offset` on, and its metadata. Everything begins anew. */
  readonly finish: (offset: number) => Promise<FinishedChunk>;
}

export interface FinishedChunk {
  readonly pages: readonly Buffer[];
  readonly sizeBytes: number;
  readonly rawBytes: number;
  readonly metadata: ThriftValue;
}

/** parquet-mr's limit for a dictionary. */
const DICTIONARY_BYTES_MOST = 1024 * 1024;

/** Whether values repeat is judged from so many on, and they do when at most every second one is new. */
const JUDGED_FROM_VALUES = 4096;

export function chunk(leaf: Leaf, format: OutputFormat, codec: PageCodec): Chunk {
  const { shape } = leaf;
  let pages: Page[] = [];
  let closedBytes = 0;
  let valuesInGroup = 0;
  let levelsInGroup = 0;
  let hasDictionaryPages = false;
  let seen = statistics(shape.physical);
  /** Kept beyond the leaf's turning away from it, because pages refer to it. */
  let used: Dictionary | undefined;

  const openValues = (): number => (leaf.dictionary() === undefined ? Number.NaN : leaf.values.length / 4);

  function review(): void {
    const entries = leaf.dictionary();
    if (entries === undefined) return;
    const values = valuesInGroup + openValues();
    const isRepeating = values < JUDGED_FROM_VALUES || entries.size() * 2 <= values;
    if (!isRepeating || entries.entries.length > DICTIONARY_BYTES_MOST) leaf.leaveDictionary();
  }

  function closePage(): void {
    const entries = leaf.dictionary();
    const counts = countLevels(leaf);
    if (counts.levels === 0) return;
    if (entries !== undefined) {
      used = entries;
      hasDictionaryPages = true;
      valuesInGroup += counts.present;
    } else seen.add(written(leaf.values));
    seen.addNulls(counts.levels - counts.present);
    levelsInGroup += counts.levels;
    const page = dataPage(leaf, counts, { format, codec });
    pages.push(page);
    closedBytes += page.rawBytes;
    leaf.clear();
  }

  async function finish(offset: number): Promise<FinishedChunk> {
    closePage();
    if (used !== undefined) {
      seen.add(written(used.entries));
      pages.unshift(dictionaryPage(used, { format, codec }));
    }
    const buffers: Buffer[] = [];
    let sizeBytes = 0;
    let rawBytes = 0;
    let firstDataAt = offset;
    for (const [i, page] of pages.entries()) {
      const body = await page.body;
      const header = encoded(page.header(page.rawBytes, page.levels.length + body.length));
      if (i === 1 && used !== undefined) firstDataAt = offset + sizeBytes;
      buffers.push(Buffer.concat([header, page.levels, body]));
      sizeBytes += header.length + page.levels.length + body.length;
      rawBytes += header.length + page.rawBytes;
    }
    const dictionaryEncoding = format.writerVersion === 'V1' ? PLAIN_DICTIONARY : RLE_DICTIONARY;
    const metadata = struct([
      [1, i32(shape.physical.type)],
      [2, list([PLAIN, RLE, ...(hasDictionaryPages ? [dictionaryEncoding] : [])].map(i32))],
      [3, list(shape.path.map(text))],
      [4, i32(codec.number)],
      [5, i64(levelsInGroup)],
      [6, i64(rawBytes)],
      [7, i64(sizeBytes)],
      [9, i64(firstDataAt)],
      [11, used && i64(offset)],
      [12, seen.thrift()],
    ]);
    startGroup();
    return { pages: buffers, sizeBytes, rawBytes, metadata };
  }

  function startGroup(): void {
    pages = [];
    closedBytes = 0;
    valuesInGroup = 0;
    levelsInGroup = 0;
    hasDictionaryPages = false;
    seen = statistics(shape.physical);
    used = undefined;
    leaf.startGroup();
  }

  return {
    openBytes: () => leaf.values.length + (leaf.definitions.length + leaf.repetitions.length) / 8,
    closedBytes: () => closedBytes,
    review,
    closePage,
    settled: () => Promise.all(pages.map((page) => page.body)),
    finish,
  };
}
