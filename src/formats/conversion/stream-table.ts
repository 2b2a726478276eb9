import { DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { TableSchema } from './converter.ts';
import { compressedWith } from './format-options.ts';

/** A table as a stream names it. */
export interface TableReference {
  readonly database: string;
  readonly table: string;
  /** The account whose table it is; absent for the host's own. */
  readonly catalogId?: string;
  readonly region: string;
  /** Absent for the latest. */
  readonly versionId?: string;
}

/**
 * The tables that a host knows, as Glue knows them in AWS. Rejects with a `DeliveryError`, code
 * `DataFormatConversion.…`, which nothing has left for, when the table cannot be had now.
 */
export type Tables = (reference: TableReference) => Promise<TableSchema>;

/**
 * The conversion that a stream's configuration asks for, with what is asked for beside it in its place; undefined when
 * it asks for none.
 */
export function conversionIn(
  { DataFormatConversionConfiguration: conversion }: JsonObject,
  extensions: JsonObject = {},
): JsonObject | undefined {
  if (!isJsonObject(conversion) || conversion.Enabled !== true) return undefined;
  return extensions.ParquetCompression === 'ZSTD' ? compressedWith('ZSTD', conversion) : conversion;
}

/** The table whose columns records are converted to, in the stream's own region unless another is named. */
export function tableNamed({ SchemaConfiguration: schema }: JsonObject, streamRegion: string): TableReference {
  const { DatabaseName, TableName, CatalogId, Region, VersionId } = isJsonObject(schema) ? schema : {};
  return {
    database: String(DatabaseName),
    table: String(TableName),
    region: typeof Region === 'string' && Region !== '' ? Region : streamRegion,
    ...(typeof CatalogId === 'string' && CatalogId !== '' && { catalogId: CatalogId }),
    ...(typeof VersionId === 'string' && VersionId !== '' && VersionId !== 'LATEST' && { versionId: VersionId }),
  };
}

/** The error of a table that nobody knows. */
export function unknownTable({ database, table }: TableReference, advice: string): DeliveryError {
  const message = `There is no schema for the table ${database}.${table}. ${advice}`;
  return new DeliveryError(message, { code: 'DataFormatConversion.EntityNotFound', retryable: true, refused: true });
}

/** The table as error records name it: observed on AWS, its role in place of the guide's catalog. */
export function catalogTableIn(config: JsonObject): JsonObject | undefined {
  const schema = config.DataFormatConversionConfiguration;
  if (!isJsonObject(schema) || !isJsonObject(schema.SchemaConfiguration)) return undefined;
  const { CatalogId, DatabaseName, TableName, Region, VersionId, RoleARN } = schema.SchemaConfiguration;
  return {
    catalogId: CatalogId ?? null,
    databaseName: DatabaseName,
    tableName: TableName,
    region: Region ?? null,
    versionId: VersionId ?? 'LATEST',
    roleArn: RoleARN,
  };
}
