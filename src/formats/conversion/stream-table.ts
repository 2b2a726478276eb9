import { DeliveryError } from '../../core/errors.ts';
import { isJsonObject, type JsonObject } from '../../core/json.ts';
import type { TableSchema } from './converter.ts';
import { compressedWith } from './format-options.ts';

/** The tables that a host knows, as Glue knows them in AWS. */
export type Tables = (database: string, table: string) => TableSchema | undefined;

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

/** The columns that records are converted to. Refused for now while the table is not known. */
export function columnsFor(conversion: JsonObject, tables: Tables): TableSchema['columns'] {
  const { database, table } = tableNamed(conversion);
  const schema = tables(database, table);
  if (schema !== undefined) return schema.columns;
  const message = `There is no schema for the table ${database}.${table}: name it under schemas in the configuration.`;
  throw new DeliveryError(message, { code: 'DataFormatConversion.EntityNotFound', retryable: true, refused: true });
}

export function tableNamed({ SchemaConfiguration: schema }: JsonObject): {
  readonly database: string;
  readonly table: string;
} {
  const { DatabaseName, TableName } = isJsonObject(schema) ? schema : {};
  return { database: String(DatabaseName), table: String(TableName) };
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
