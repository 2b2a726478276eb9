import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { copyCommandProblem, copyStatement } from '../../src/formats/copy-command.ts';
import { parsedCopy } from '../destinations/redshift-copy.ts';

const SOURCE = { manifest: 's3://lake/manifests/m', roleArn: 'arn:aws:iam::000000000000:role/copy' };

describe('the COPY of a CopyCommand', () => {
  it.each([
    [{ DataTableName: 'clicks' }, 'COPY "clicks" FROM'],
    [{ DataTableName: 'Public.Clicks' }, 'COPY "public"."clicks" FROM'],
    [{ DataTableName: ' dev . "My ""own"".table" . user ' }, 'COPY "dev"."My ""own"".table"."user" FROM'],
    [{ DataTableName: 'my-table' }, 'COPY "my-table" FROM'],
    [{ DataTableName: 'clicks', DataTableColumns: '' }, 'COPY "clicks" FROM'],
    [{ DataTableName: 'clicks', DataTableColumns: 'id,"Name, full"' }, 'COPY "clicks" ("id", "Name, full") FROM'],
  ])('of %j begins with %s', (command, begin) => {
    expect(copyCommandProblem(command)).toBeUndefined();
    expect(copyStatement(command, SOURCE).slice(0, begin.length)).toBe(begin);
  });

  it('reads the manifest with the role, and ends in the options as they are', () => {
    const CopyOptions = ` JSON 's3://lake/paths--2;.json' GZIP delimiter '\\t' TIMEFORMAT 'it''s' ;`;

    expect(copyStatement({ DataTableName: 'clicks', CopyOptions }, SOURCE)).toBe(
      `COPY "clicks" FROM 's3://lake/manifests/m' CREDENTIALS 'aws_iam_role=${SOURCE.roleArn}' MANIFEST ` +
        `JSON 's3://lake/paths--2;.json' GZIP delimiter '\\t' TIMEFORMAT 'it''s'`,
    );
  });

  test('says nothing but what it is given, whatever that is', () => {
    const name = fc.string({ minLength: 1, unit: fc.constantFrom(...'aZ_9 "\'\\;.,-()/*é\n') });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const names = fc.array(name, { minLength: 1, maxLength: 3 });

    fc.assert(
      fc.property(names, names, name, name, (table, columns, manifest, roleArn) => {
        const command = {
          DataTableName: table.map(quoted).join('.'),
          DataTableColumns: columns.map(quoted).join(','),
          CopyOptions: 'GZIP',
        };
        const source = { manifest: `s3://lake/${manifest}`, roleArn };

        expect(copyCommandProblem(command)).toBeUndefined();
        expect(parsedCopy(copyStatement(command, source))).toEqual({
          ...{ table, columns, from: source.manifest, roleArn, options: ['GZIP'] },
        });
      }),
    );
  });
});

describe('a CopyCommand of which no COPY can be made', () => {
  it.each([
    ['DataTableName', ''],
    ['DataTableName', 'a b'],
    ['DataTableName', 'a;drop table b'],
    ['DataTableName', '"a'],
    ['DataTableName', '""'],
    ['DataTableName', 'a.b.c.d'],
    ['DataTableName', 'a..b'],
    ['DataTableName', 'a (b)'],
    ['DataTableColumns', 'a b'],
    ['DataTableColumns', 'a,,b'],
    ['DataTableColumns', 'a) from'],
    ['DataTableColumns', 'a.b'],
    ['CopyOptions', 'GZIP; drop table clicks'],
    ['CopyOptions', "GZIP' ; drop table clicks"],
    ['CopyOptions', 'GZIP -- '],
    ['CopyOptions', 'GZIP /* '],
    ['CopyOptions', "DELIMITER '\\'; drop table clicks"],
    ['CopyOptions', '"'],
    ['CopyOptions', "'\0'"],
  ])('is known by its %s: %j', (member, value) => {
    expect(copyCommandProblem({ DataTableName: 'clicks', [member]: value })).toMatch(`CopyCommand.${member} must `);
  });

  it('is found soon, however long it is', () => {
    const CopyOptions = `${"''".repeat(5_000)};;'`;

    expect(copyCommandProblem({ DataTableName: 'clicks', CopyOptions })).toBeDefined();
  });
});
