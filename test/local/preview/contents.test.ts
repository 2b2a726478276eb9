import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentsOf } from '../../../src/local/preview/contents.ts';
import { convertedFile } from '../../formats/conversion/files.ts';

describe('the contents of an object', () => {
  it('are its lines, the first ones shown and all counted', async () => {
    expect(await contentsOf({ body: Buffer.from('a\nb\nc\n') }, 2)).toEqual({
      ...{ rows: ['a', 'b'], rowCount: 3, blankLines: 0 },
    });
  });

  it('may end without a line feed', async () => {
    expect(await contentsOf({ body: Buffer.from('a\nb') }, 9)).toMatchObject({ rows: ['a', 'b'], rowCount: 2 });
  });

  it('have blank lines, which are no rows', async () => {
    expect(await contentsOf({ body: Buffer.from('a\n\n\nb\n') }, 9)).toEqual({
      ...{ rows: ['a', 'b'], rowCount: 2, blankLines: 2 },
    });
  });

  it('are read through their compression', async () => {
    const object = { body: gzipSync('a\nb\n'), contentEncoding: 'gzip' };

    expect(await contentsOf(object, 1)).toMatchObject({ rows: ['a'], rowCount: 2 });
  });

  it('are the rows of a Parquet file, without losing a digit', async () => {
    const { file } = await convertedFile({ id: 'bigint', at: 'timestamp' }, [
      '{"id":9007199254740993,"at":"2026-01-15T12:30:00Z"}',
      '{"id":2}',
    ]);

    expect(await contentsOf({ body: file }, 1)).toEqual({
      ...{ rows: ['{"id":"9007199254740993","at":"2026-01-15T12:30:00.000Z"}'], rowCount: 2, blankLines: 0 },
    });
  });

  it('that are not what they say cannot be shown, and why', async () => {
    const object = { body: Buffer.from('no gzip'), contentEncoding: 'gzip' };

    expect(await contentsOf(object, 1)).toEqual({ unreadable: expect.stringMatching(/./) });
  });
});
