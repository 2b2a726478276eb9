import assert from 'node:assert';
import type { Destination, SliceToPlan } from '../../src/core/destination.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import type { ObjectPut } from '../../src/core/objects.ts';
import { copyCommandIn, copyStatement } from '../../src/formats/copy-command.ts';
import { derivedRandomStrings, derivedUuid } from '../../src/formats/derived-names.ts';
import { objectKey } from '../../src/formats/object-names.ts';
import { type Database, databaseOf, readDatabase, type Warehouses } from './warehouse.ts';

/** All that the delivery of one batch creates. */
export interface CopyPlan {
  /** The bucket's own plan of the object. */
  readonly object: JsonObject;
  /** The object's, `s3://…`. */
  readonly url: string;
  readonly bucket: string;
  /** The manifest's. */
  readonly manifestKey: string;
  /** Of the manifest that is left behind when the batch is given up. */
  readonly skippedKey: string;
  readonly database: Database;
  /** The COPY. */
  readonly sql: string;
}

export async function copyPlan(
  slice: SliceToPlan,
  { bucket, warehouses }: { readonly bucket: Destination; readonly warehouses: Warehouses },
): Promise<CopyPlan> {
  const { config, stream } = slice;
  const object = await bucket.plan?.(bucketSlice(slice));
  const address = addressIn(object);
  const { bucket: name, key } = address;
  const manifestKey = manifestKeyOf(slice, 'manifests/');
  const roleArn = warehouses.role ?? String(config.RoleARN);
  return {
    object: address,
    url: `s3://${name}/${key}`,
    bucket: name,
    manifestKey,
    skippedKey: manifestKeyOf(slice, 'errors/manifests/'),
    database: databaseOf(config, stream.arn, warehouses),
    sql: copyStatement(copyCommandIn(config), { manifest: `s3://${name}/${manifestKey}`, roleArn }),
  };
}

/** A plan that comes back from the buffer is one that `copyPlan` made. */
export function readPlan(output: JsonValue): CopyPlan {
  assert(isJsonObject(output), 'a stored Redshift plan is an object');
  const { object, url, bucket, manifestKey, skippedKey, database, sql } = output;
  assert(typeof url === 'string' && typeof bucket === 'string', 'a stored Redshift plan names its object');
  assert(typeof manifestKey === 'string' && typeof skippedKey === 'string', 'a stored Redshift plan has manifests');
  assert(typeof sql === 'string', 'a stored Redshift plan has its COPY');
  return { object: addressIn(object), url, bucket, manifestKey, skippedKey, database: readDatabase(database), sql };
}

/** The slice as the bucket's own destination takes it. */
export function bucketSlice(slice: SliceToPlan): SliceToPlan {
  const { config, extensions, ...rest } = slice;
  const { S3Configuration, ProcessingConfiguration } = config;
  assert(isJsonObject(S3Configuration), 'a stored Redshift destination has a bucket');
  const Delimiter = extensions?.Delimiter;
  return {
    ...rest,
    config: { ...S3Configuration, ...(ProcessingConfiguration !== undefined && { ProcessingConfiguration }) },
    ...(Delimiter !== undefined && { extensions: { Delimiter } }),
  };
}

/**
 * The list of objects that COPY reads.
 * https://docs.aws.amazon.com/redshift/latest/dg/loading-data-files-using-manifest.html
 */
export function manifest({ url, bucket, object }: CopyPlan, key: string): ObjectPut {
  const { kmsKeyArn } = object;
  const text = JSON.stringify({ entries: [{ url, mandatory: true }] });
  return {
    ...{ bucket, key, contentType: 'application/octet-stream', body: only(Buffer.from(text)) },
    ...(typeof kmsKeyArn === 'string' && { kmsKeyArn }),
  };
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** The object's name in a folder beside the data, which AWS's guide names without saying how it goes on. */
function manifestKeyOf(slice: SliceToPlan, folder: string): string {
  const { S3Configuration: s3 } = slice.config;
  const prefix = isJsonObject(s3) && typeof s3.Prefix === 'string' ? s3.Prefix : '';
  return objectKey({
    prefix: `${prefix}${folder}`,
    streamName: slice.stream.name,
    streamVersion: slice.stream.version,
    oldestAt: slice.oldestAt,
    uuid: derivedUuid(slice.id),
    extension: '.manifest',
    randomString: derivedRandomStrings(slice.id),
  });
}

function addressIn(object: JsonValue | undefined): JsonObject & { readonly bucket: string; readonly key: string } {
  assert(isJsonObject(object), "the bucket's plan is an object");
  const { bucket, key } = object;
  assert(typeof bucket === 'string' && typeof key === 'string', "the bucket's plan names its object");
  return { ...object, bucket, key };
}
