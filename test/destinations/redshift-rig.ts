import type { Statements, Warehouses } from '../../destinations/redshift/warehouse.ts';
import redshift from '../../destinations/redshift.ts';
import type { Delivered, Pending } from '../../src/core/destination.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { ObjectStore } from '../../src/core/objects.ts';
import { converter } from '../../src/formats/conversion/converter.ts';
import { redshiftDataApi } from '../../src/host/redshift/data-api.ts';
import { farSide } from '../kit/far-side.ts';
import { noTables } from '../kit/no-tables.ts';
import { seededRandom } from '../kit/random.ts';
import { simulatedObjects } from '../kit/simulated-objects.ts';
import { objectsIn, parsedCopy } from './redshift-copy.ts';
import { type DataApi, dataApi, type Ran } from './redshift-data-api.ts';
import { sliceOf, type ToSlice } from './slice.ts';

export const CONFIG = {
  RoleARN: 'arn:aws:iam::000000000000:role/firehose',
  ClusterJDBCURL: 'jdbc:redshift://sales.abc123.eu-west-1.redshift.amazonaws.com:5439/dev',
  CopyCommand: { DataTableName: 'public.clicks', DataTableColumns: 'id, Name', CopyOptions: "DELIMITER ','" },
  Username: 'loader',
  Password: 'hunter2hunter2',
  RetryOptions: { DurationInSeconds: 3_600 },
  S3Configuration: {
    RoleARN: 'arn:aws:iam::000000000000:role/firehose',
    BucketARN: 'arn:aws:s3:::staging',
    Prefix: 'in/',
    BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
    CompressionFormat: 'UNCOMPRESSED',
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
  },
};

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const never = new AbortController().signal;

export interface Rig {
  readonly api: DataApi;
  /** `<bucket>/<key>` to content. */
  readonly stored: Map<string, Buffer>;
  /** The lines that COPYs have loaded. */
  readonly loaded: readonly string[];
  readonly clock: { now: number };
  /** In front of what a fresh destination calls. */
  readonly wrap: { objects(own: ObjectStore): ObjectStore; statements(own: Statements): Statements };
  /** Settings of the host. */
  readonly host: { settings: Omit<Warehouses, 'statements'> };
  /** In place of what runs statements. */
  run: (sql: string) => Promise<Ran>;
  destination(): ReturnType<typeof redshift>;
  close(): Promise<void>;
}

/** The destination before a Data API on a socket, whose COPYs load lines from a bucket in memory. */
export async function redshiftRig(): Promise<Rig> {
  const objects = simulatedObjects(seededRandom(1));
  objects.heal();
  const { stored } = objects;
  const loaded: string[] = [];
  const clock = { now: 0 };

  async function copy(sql: string): Promise<Ran> {
    const { from, options } = parsedCopy(sql);
    const found = await objectsIn({ from, options }, async (bucket, key) => stored.get(`${bucket}/${key}`));
    loaded.push(...found.flatMap(({ body }) => `${body}`.split('\n').filter((line) => line !== '')));
    return {};
  }

  const api = dataApi((sql) => rig.run(sql));
  const far = await farSide(async (request, response) => {
    const { status, headers, body } = await api.answer(request);
    response.writeHead(status, headers).end(body);
  });
  const rig: Rig = {
    ...{ api, stored, loaded, clock, run: copy },
    wrap: { objects: (own) => own, statements: (own) => own },
    host: { settings: {} },
    destination: () =>
      redshift({
        ...{ tables: noTables, converter, encryptionKeys: () => undefined, now: () => clock.now },
        objects: rig.wrap.objects(objects),
        redshift: {
          ...rig.host.settings,
          statements: rig.wrap.statements(redshiftDataApi({ endpoint: far.url, credentials: async () => CREDENTIALS })),
        },
      }),
    close: far.close,
  };
  return rig;
}

/** A batch with the state that the core keeps of it. */
export interface KeptBatch {
  /** Another attempt, or a question about what is pending, as the core makes it. */
  next(): Promise<Delivered | Pending>;
  /** To the end; waits as long as it is told to. */
  settle(): Promise<Delivered>;
  /** What is left behind when it is given up. */
  abandon(): Promise<void>;
  isAbsent(): Promise<boolean>;
  note: JsonValue | undefined;
  readonly output: () => JsonValue;
}

const CHECKS_MOST = 20;

export function keptBatch(
  rig: Rig,
  { config = CONFIG, ...given }: Partial<ToSlice> & { config?: JsonObject } = {},
): KeptBatch {
  const made = sliceOf({ id: 'batch-1/0', records: ['1,a\n', '2,b\n'], config, ...given });
  let output: JsonValue | undefined;
  let pending: Pending | undefined;
  let attempt = 0;

  const slice = () => ({
    ...made,
    plan: { ...made.plan, attempt, output: output ?? null, ...(batch.note !== undefined && { note: batch.note }) },
    note: async (note: JsonValue) => {
      batch.note = JSON.parse(JSON.stringify(note));
    },
  });

  const batch: KeptBatch = {
    note: undefined,
    output: () => output ?? null,

    async next() {
      const destination = rig.destination();
      if (pending === undefined) attempt++;
      output ??= JSON.parse(JSON.stringify(await destination.plan(slice())));
      const asked = pending;
      const outcome =
        asked === undefined
          ? await destination.deliver(slice(), never)
          : await destination
              .check(slice(), JSON.parse(JSON.stringify(asked.pending)), never)
              .catch((error: unknown) => {
                if (error instanceof Error && error.name === 'DeliveryError') pending = undefined;
                throw error;
              });
      pending = 'pending' in outcome ? outcome : undefined;
      return outcome;
    },

    async settle() {
      for (let checks = 0; checks < CHECKS_MOST; checks++) {
        const outcome = await batch.next();
        if (!('pending' in outcome)) return outcome;
        rig.clock.now = Math.max(rig.clock.now, outcome.checkAt);
      }
      throw new Error('It is pending for ever.');
    },

    abandon: () => rig.destination().abandon(slice(), slice().plan, never),
    isAbsent: () => rig.destination().isAbsent(slice().plan, never),
  };
  return batch;
}
