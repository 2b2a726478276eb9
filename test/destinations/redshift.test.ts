import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../src/core/errors.ts';
import { testApi } from '../kit/api.ts';
import { CONFIG, keptBatch, type Rig, redshiftRig } from './redshift-rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await redshiftRig();
});
afterEach(() => rig.close());

const KEY = /^staging\/in\/2026\/07\/13\/10\/clicks-1-2026-07-13-10-05-09-[0-9a-f-]{36}$/;
const keys = () => [...rig.stored.keys()];
const copies = () => rig.api.statements.filter(({ sql }) => sql.startsWith('COPY'));
const LOAD_FAILED = "ERROR: Load into table 'clicks' failed.  Check 'stl_load_errors' system table for details.";

describe('a batch for Redshift', () => {
  it('is one object, a manifest that names it, and a COPY of that', async () => {
    const delivered = await keptBatch(rig).settle();

    expect(delivered).toEqual({ bytes: 8 });
    expect(rig.loaded).toEqual(['1,a', '2,b']);
    const [object = '', manifest = ''] = keys();
    expect(object).toMatch(KEY);
    expect(manifest).toBe(`${object.replace('/in/', '/in/manifests/')}.manifest`);
    expect(JSON.parse(`${rig.stored.get(manifest)}`)).toEqual({
      entries: [{ url: `s3://${object}`, mandatory: true }],
    });
    expect(copies().map(({ sql }) => sql)).toEqual([
      `COPY "public"."clicks" ("id", "name") FROM 's3://${manifest}' ` +
        `CREDENTIALS 'aws_iam_role=arn:aws:iam::000000000000:role/firehose' MANIFEST DELIMITER ','`,
    ]);
  });

  it('is pending while the COPY runs, and asked about ever more seldom', async () => {
    let end = (): void => {};
    rig.run = () => new Promise((resolve) => (end = () => resolve({})));
    const batch = keptBatch(rig);

    const waits: number[] = [];
    for (let i = 0; i < 12; i++) {
      const outcome = await batch.next();
      if (!('pending' in outcome)) throw new Error('it is pending');
      waits.push(outcome.checkAt - rig.clock.now);
      rig.clock.now = outcome.checkAt;
    }
    end();

    expect(waits.slice(0, 5)).toEqual([500, 500, 500, 500, 500]);
    expect(waits.at(-1)).toBeGreaterThan(1_000);
    expect(await batch.settle()).toEqual({ bytes: 8 });
    expect(copies()).toHaveLength(1);
  });

  it('is compressed for COPY where its bucket says so', async () => {
    const S3Configuration = { ...CONFIG.S3Configuration, CompressionFormat: 'GZIP' };
    const CopyCommand = { ...CONFIG.CopyCommand, CopyOptions: "GZIP DELIMITER ','" };
    await keptBatch(rig, { config: { ...CONFIG, S3Configuration, CopyCommand } }).settle();

    expect(keys()[0]).toMatch(/\.gz$/);
    expect(rig.loaded).toEqual(['1,a', '2,b']);
  });

  it('has line feeds between its records where a processor puts them there', async () => {
    const ProcessingConfiguration = { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord' }] };
    await keptBatch(rig, { records: ['1', '2'], config: { ...CONFIG, ProcessingConfiguration } }).settle();

    expect(rig.loaded).toEqual(['1', '2']);
  });
});

describe('docs/destinations.md', () => {
  it('shows a stream that can be created, and its COPY', async () => {
    const page = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'destinations.md'), 'utf8');
    const section = page.slice(page.indexOf('## Redshift'));
    const [, example = ''] = /```json\n(.*?)```/s.exec(section) ?? [];
    const [, copy = ''] = /```sql\n(.*?)\n```/s.exec(section) ?? [];
    const { output, streams } = testApi();
    await output('CreateDeliveryStream', JSON.parse(example));
    const config = (await streams.get('clicks'))?.destination.config ?? {};

    await keptBatch(rig, { config }).settle();

    expect(copies()[0]?.sql.replace(/manifests\/[^']*/, 'manifests/…')).toBe(copy);
    expect(rig.loaded).toEqual(['1,a', '2,b']);
  });
});

describe('where and as whom a COPY runs', () => {
  const at = async (config: object, settings = {}) => {
    rig.host.settings = settings;
    await keptBatch(rig, { config: { ...CONFIG, ...config } }).settle();
    return copies().at(-1)?.at;
  };
  const SERVERLESS = 'jdbc:redshift://shop.123456789012.eu-west-1.redshift-serverless.amazonaws.com:5439/dev';
  const SECRET = { SecretsManagerConfiguration: { Enabled: true, SecretARN: 'arn:aws:secretsmanager:::secret:s' } };

  it.each([
    ['a cluster, for the user of the stream', {}, { ClusterIdentifier: 'sales', Database: 'dev', DbUser: 'loader' }],
    ['a workgroup, as the caller', { ClusterJDBCURL: SERVERLESS }, { WorkgroupName: 'shop', Database: 'dev' }],
    [
      'a cluster, with what a secret holds',
      SECRET,
      { ClusterIdentifier: 'sales', Database: 'dev', SecretArn: 'arn:aws:secretsmanager:::secret:s' },
    ],
    [
      'a workgroup, with what a secret holds',
      { ...SECRET, ClusterJDBCURL: SERVERLESS },
      { WorkgroupName: 'shop', Database: 'dev', SecretArn: 'arn:aws:secretsmanager:::secret:s' },
    ],
  ])('%s', async (_, config, expected) => {
    expect(await at(config)).toEqual(expected);
  });

  it('is what the host says of a name that says nothing, with its role', async () => {
    const ClusterJDBCURL = 'jdbc:redshift://dw.example.redshift.local:5439/dev';
    const role = 'arn:aws:iam::000000000000:role/copy';
    const named = { 'dw.example.redshift.local': { workgroup: 'shop' } };

    expect(await at({ ClusterJDBCURL }, { role, named })).toEqual({ WorkgroupName: 'shop', Database: 'dev' });
    expect(copies()[0]?.sql).toContain(`'aws_iam_role=${role}'`);
  });

  it('says no password to anybody', async () => {
    const batch = keptBatch(rig);
    await batch.settle();

    const said = JSON.stringify([rig.api.asked, batch.output(), batch.note]);
    expect(said).not.toContain(CONFIG.Password);
  });
});

describe('a COPY that failed', () => {
  it('is tried again with a token of its own, without the object being put again', async () => {
    const copy = rig.run;
    rig.run = async () => ({ error: 'ERROR: could not open relation; disk full' });
    const batch = keptBatch(rig);
    await expect(batch.settle()).rejects.toMatchObject({ code: 'Redshift.DiskFull', retryable: true, refused: true });
    const puts: string[] = [];
    rig.wrap.objects = (own) => ({
      ...own,
      put: (object, signal) => {
        puts.push(object.key);
        return own.put(object, signal);
      },
    });
    rig.run = copy;

    await batch.settle();

    expect(puts).toEqual([]);
    expect(rig.loaded).toEqual(['1,a', '2,b']);
    const tokens = rig.api.asked
      .filter(({ action }) => action === 'ExecuteStatement')
      .map(({ input }) => input.ClientToken);
    expect(new Set(tokens).size).toBe(2);
  });

  it.each([
    ['Cannot COPY into nonexistent table clicks', 'TableNotFound'],
    ['relation "public.clicks" does not exist', 'TableNotFound'],
    ['schema "shop" does not exist', 'SchemaNotFound'],
    ['column "name" of relation "clicks" does not exist', 'ColumnNotFound'],
    ['syntax error at or near "JSN"', 'SyntaxError'],
    ['permission denied for relation clicks', 'InsufficientPrivilege'],
    ['User arn:aws:redshift:… is not authorized to assume IAM Role arn:aws:iam::0:role/x', 'AccessDenied'],
    ['S3ServiceException:Access Denied,Status 403,Error AccessDenied', 'S3BucketAccessDenied'],
    ["The specified S3 prefix 'in/x' does not exist", 'MissingS3File'],
    ['S3ServiceException:The bucket is in this region: eu-west-1. Status 301', 'IncorrectOrMissingRegion'],
    ['conflicting or redundant options', 'IncorrectCopyOptions'],
    ['Query cancelled on user request', 'QueryCancelled'],
    ['something else went wrong', 'DataLoadFailed'],
  ])('because of "%s" has the code Redshift.%s', async (said, code) => {
    rig.run = async () => ({ error: `ERROR: ${said}` });

    await expect(keptBatch(rig).settle()).rejects.toMatchObject({
      code: `Redshift.${code}`,
      message: expect.stringContaining(said),
    });
  });

  it('because of the data says which line and column it was, as Redshift has it in its table', async () => {
    rig.run = async (sql) =>
      sql.startsWith('COPY')
        ? { error: LOAD_FAILED }
        : { rows: [[2, 'id', 'int4', 1207, "Invalid digit, Value 'x', Pos 0, Type: Integer"]] };

    await expect(keptBatch(rig).settle()).rejects.toMatchObject({
      code: 'Redshift.DataLoadFailed',
      message: expect.stringContaining(
        "Line 2, column id (int4): Invalid digit, Value 'x', Pos 0, Type: Integer (error 1207).",
      ),
    });
    const [object] = keys();
    expect(rig.api.statements.at(-1)?.sql).toContain(`TRIM(file_name) = 's3://${object}'`);
  });

  it('because of the data has failed all the same where the table of load errors cannot be read', async () => {
    rig.run = async (sql) => ({ error: sql.startsWith('COPY') ? LOAD_FAILED : 'ERROR: permission denied' });

    await expect(keptBatch(rig).settle()).rejects.toMatchObject({ code: 'Redshift.DataLoadFailed' });
  });

  it('because its object is gone has it put again by the next attempt', async () => {
    const copy = rig.run;
    rig.run = async (sql) => {
      rig.stored.clear();
      return copy(sql);
    };
    const batch = keptBatch(rig);
    await expect(batch.settle()).rejects.toMatchObject({ code: 'Redshift.MissingS3File' });
    rig.run = copy;

    await batch.settle();

    expect(rig.loaded).toEqual(['1,a', '2,b']);
  });

  it('leaves room for a new plan, and one that may still run does not', async () => {
    const batch = keptBatch(rig);
    expect(await batch.isAbsent()).toBe(true);
    rig.run = async () => ({ error: 'ERROR: schema "shop" does not exist' });
    await batch.next();
    expect(await batch.isAbsent()).toBe(false);
    await batch.next().catch(() => {});

    expect(await batch.isAbsent()).toBe(true);
  });
});

describe('a batch that is given up', () => {
  it('leaves a manifest of what was skipped', async () => {
    rig.run = async () => ({ error: 'ERROR: disk full' });
    const batch = keptBatch(rig);
    await batch.settle().catch(() => {});

    await batch.abandon();

    const [object = '', , skipped = ''] = keys();
    expect(skipped).toBe(`${object.replace('/in/', '/in/errors/manifests/')}.manifest`);
    expect(JSON.parse(`${rig.stored.get(skipped)}`)).toEqual({ entries: [{ url: `s3://${object}`, mandatory: true }] });
  });

  it('leaves none where the object was never stored', async () => {
    rig.wrap.objects = (own) => ({
      ...own,
      put: async () => {
        throw new DeliveryError('No.', { code: 'S3.AccessDenied', retryable: true, refused: true });
      },
    });
    const batch = keptBatch(rig);
    await batch.settle().catch(() => {});

    await batch.abandon();

    expect(keys()).toEqual([]);
  });

  it('is kept while a COPY of it may still end well', async () => {
    rig.run = () => new Promise(() => {});
    const batch = keptBatch(rig);
    await batch.next();

    await expect(batch.abandon()).rejects.toMatchObject({ code: 'Hydrant.InDoubt', retryable: true });
  });
});

describe('the Data API', () => {
  it('that cannot be asked leaves the batch pending', async () => {
    const batch = keptBatch(rig);
    await batch.next();
    rig.wrap.statements = (own) => ({
      ...own,
      state: async () => {
        throw new DeliveryError('No.', { code: 'Redshift.ConnectionFailed', retryable: true });
      },
    });

    expect(await batch.next()).toHaveProperty('pending');
    rig.wrap.statements = (own) => own;
    expect(await batch.settle()).toEqual({ bytes: 8 });
    expect(rig.loaded).toEqual(['1,a', '2,b']);
  });

  it('that has forgotten a statement is asked for it again, with the same token', async () => {
    const batch = keptBatch(rig);
    await batch.next();
    rig.wrap.statements = (own) => ({ ...own, state: async () => ({ is: 'forgotten' }) });
    await expect(batch.next()).rejects.toMatchObject({ retryable: true, refused: false });
    rig.wrap.statements = (own) => ({ ...own, find: async () => undefined });

    await batch.settle();

    expect(rig.loaded).toEqual(['1,a', '2,b']);
  });

  it('that has forgotten the token of a COPY whose beginning nobody saw is asked for it by its name', async () => {
    const batch = keptBatch(rig);
    rig.wrap.statements = (own) => ({
      ...own,
      async begin(...asked) {
        await own.begin(...asked);
        throw new DeliveryError('The answer was lost.', { code: 'Redshift.ConnectionFailed', retryable: true });
      },
    });
    await batch.next().catch(() => {});
    rig.api.forgetTokens();
    rig.wrap.statements = (own) => own;

    await batch.settle();

    expect(rig.loaded).toEqual(['1,a', '2,b']);
  });

  it('that refuses a statement has certainly not begun it', async () => {
    const ClusterJDBCURL = 'jdbc:redshift://shop.1.eu-west-1.redshift-serverless.amazonaws.com:5439/dev';
    const batch = keptBatch(rig, { config: { ...CONFIG, ClusterJDBCURL } });
    rig.wrap.statements = (own) => ({
      ...own,
      begin: (at, statement, signal) => own.begin({ ...at, user: 'loader' }, statement, signal),
    });

    await expect(batch.settle()).rejects.toMatchObject({
      ...{ code: 'Redshift.ConnectionFailed', refused: true },
      message: expect.stringMatching(/ExecuteStatement for dev of the workgroup shop in eu-west-1.*DbUser/s),
    });
    expect(await batch.isAbsent()).toBe(true);
  });
});

class Crash extends Error {}

describe('a crash', () => {
  /** Every call that leaves something behind, and what is kept, in the order in which they happen. */
  async function crashing(at: number, when: 'before' | 'after', statement: (sql: string) => Promise<void>) {
    let steps = 0;
    const step = async <T>(call: () => Promise<T>): Promise<T> => {
      const isHere = steps++ === at;
      if (isHere && when === 'before') throw new Crash();
      const result = await call();
      if (isHere && when === 'after') throw new Crash();
      return result;
    };
    rig.wrap.objects = (own) => ({ ...own, put: (object, signal) => step(() => own.put(object, signal)) });
    rig.wrap.statements = (own) => ({
      begin: (to, asked, signal) => step(() => own.begin(to, asked, signal)),
      find: (to, name, signal) => step(() => own.find(to, name, signal)),
      state: (to, id, signal) => step(() => own.state(to, id, signal)),
      rows: (to, id, signal) => step(() => own.rows(to, id, signal)),
    });
    const copy = rig.run;
    rig.run = async (sql) => {
      await statement(sql);
      return copy(sql);
    };
    const batch = keptBatch(rig);
    let crashes = 0;
    for (let lives = 0; lives < 5; lives++) {
      try {
        await batch.settle();
        break;
      } catch (error) {
        if (error instanceof Crash) crashes++;
        else if (!(error instanceof DeliveryError)) throw error;
      }
    }
    return { crashes, steps };
  }

  it.each(['before', 'after'] as const)('%s any step leaves the rows loaded once', async (when) => {
    let at = 0;
    for (; ; at++) {
      await rig.close();
      rig = await redshiftRig();
      const { crashes } = await crashing(at, when, async () => {});
      expect([at, rig.loaded]).toEqual([at, ['1,a', '2,b']]);
      if (crashes === 0) break;
    }

    expect(at).toBeGreaterThan(3);
  });

  it.each(['before', 'after'] as const)(
    '%s any step of a COPY that fails first leaves them loaded once',
    async (when) => {
      let at = 0;
      for (; ; at++) {
        await rig.close();
        rig = await redshiftRig();
        let failures = 0;
        const { crashes } = await crashing(at, when, async (sql) => {
          if (sql.startsWith('COPY') && failures++ === 0) throw new Error(`stl_load_errors`);
        });
        expect([at, rig.loaded]).toEqual([at, ['1,a', '2,b']]);
        if (crashes === 0) break;
      }

      expect(at).toBeGreaterThan(7);
    },
  );
});
