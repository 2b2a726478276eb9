import { type Chunk, chunk } from './chunk.ts';
import { schemaElements } from './file-schema.ts';
import type { OutputFormat } from './format-options.ts';
import type { HiveField } from './hive-types.ts';
import type { Leaf } from './leaf.ts';
import type { PageCodec } from './page-codec.ts';
import { encoded, i32, i64, list, struct, type ThriftValue, text, union } from './thrift.ts';

/** Writes one Parquet file from leaves that somebody else fills with rows. */
export interface ParquetFile {
  /** A record's rows are in the leaves: closes pages that are full. True when the row group is full as well. */
  readonly recordAdded: (rows: number) => boolean;
  /** Resolves when no page waits to be compressed. */
  readonly settled: () => Promise<unknown>;
  /** The rows since the last row group as one more; nothing if there are none. */
  readonly closeGroup: () => AsyncGenerator<Buffer>;
  /** The last row group and the footer; nothing at all if there never was a row. */
  readonly end: () => AsyncGenerator<Buffer>;
}

const MAGIC = Buffer.from('PAR1');

/**
 * A row group's compressed pages wait in memory for its last row. This many bytes before compression are some 100 MiB
 * of JSON: large enough for readers to work in, small enough to hold for every delivery under way.
 */
const GROUP_BYTES_MOST = 64 * 1024 * 1024;

/** parquet-mr's limit: without it a page of a column that is nearly all null would never be full. */
const PAGE_ROWS_MOST = 20_000;

export interface FileParts {
  readonly columns: readonly HiveField[];
  readonly leaves: readonly Leaf[];
  readonly format: OutputFormat;
  readonly codec: PageCodec;
}

export function parquetFile({ columns, leaves, format, codec }: FileParts): ParquetFile {
  const chunks: readonly Chunk[] = leaves.map((leaf) => chunk(leaf, format, codec));
  const groupBytesMost = Math.min(format.blockSizeBytes, GROUP_BYTES_MOST);
  const groups: ThriftValue[] = [];
  let offset = 0;
  let rows = 0;
  let rowsInGroup = 0;
  let rowsSinceCheck = 0;

  function recordAdded(added: number): boolean {
    rowsInGroup += added;
    rowsSinceCheck += added;
    const closesAll = rowsSinceCheck >= PAGE_ROWS_MOST;
    if (closesAll) rowsSinceCheck = 0;
    let bytes = 0;
    for (const each of chunks) {
      each.review();
      const open = each.openBytes();
      if (closesAll || open >= format.pageSizeBytes) each.closePage();
      bytes += each.closedBytes() + open;
    }
    return bytes >= groupBytesMost;
  }

  async function* closeGroup(): AsyncGenerator<Buffer> {
    if (rowsInGroup === 0) return;
    if (offset === 0) {
      yield MAGIC;
      offset = MAGIC.length;
    }
    const start = offset;
    const columnChunks: ThriftValue[] = [];
    let rawBytes = 0;
    for (const each of chunks) {
      const chunkAt = offset;
      const finished = await each.finish(chunkAt);
      yield* finished.pages;
      offset += finished.sizeBytes;
      rawBytes += finished.rawBytes;
      columnChunks.push(
        struct([
          [2, i64(chunkAt)],
          [3, finished.metadata],
        ]),
      );
    }
    groups.push(
      struct([
        [1, list(columnChunks)],
        [2, i64(rawBytes)],
        [3, i64(rowsInGroup)],
        [5, i64(start)],
        [6, i64(offset - start)],
      ]),
    );
    rows += rowsInGroup;
    rowsInGroup = 0;
    rowsSinceCheck = 0;
  }

  async function* end(): AsyncGenerator<Buffer> {
    yield* closeGroup();
    if (rows === 0) return;
    const footer = encoded(
      struct([
        [1, i32(format.writerVersion === 'V1' ? 1 : 2)],
        [2, list(schemaElements(columns))],
        [3, i64(rows)],
        [4, list(groups)],
        [6, text(CREATED_BY)],
        // Bounds in the statistics are in the order of each column's type.
        [7, list(leaves.map(() => union(1)))],
      ]),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    yield Buffer.concat([footer, length, MAGIC]);
  }

  return { recordAdded, settled: () => Promise.all(chunks.map((each) => each.settled())), closeGroup, end };
}

/** In the form that readers parse to work around old writers' bugs: name, `version`, number. Ours has none of them. */
const CREATED_BY = 'hydrant version 1.0.0';
