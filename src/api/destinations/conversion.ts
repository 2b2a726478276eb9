import { ApiError } from '../../core/errors.ts';
import { invalidArgument } from '../invalid.ts';
import type { dataFormatConversionConfiguration } from '../shapes/conversion.ts';
import type { ValueOf } from '../shapes/index.ts';
import type { ExtendedS3 } from './s3.ts';

type Conversion = ValueOf<typeof dataFormatConversionConfiguration>;

/**
 * Observed on AWS: conversion that is configured is on unless it is switched off. Options of the formats are not filled
 * in.
 */
export function completeConversion(conversion: Conversion): Conversion {
  return { ...conversion, Enabled: conversion.Enabled ?? true };
}

export function isConverting(config: ExtendedS3): boolean {
  const conversion = config.DataFormatConversionConfiguration;
  return conversion !== undefined && conversion.Enabled !== false;
}

/** AWS's rules in AWS's order, all observed there: compression, buffer, input, output, schema, then what is in each. */
export function checkConversion(config: ExtendedS3): void {
  const conversion = config.DataFormatConversionConfiguration;
  if (conversion === undefined || !isConverting(config)) return;
  checkRoleShape(conversion);
  if ((config.CompressionFormat ?? 'UNCOMPRESSED') !== 'UNCOMPRESSED') {
    throw invalidArgument(
      "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. " +
        'To enable compression within the converted output format, set the appropriate serialization option in the ' +
        'output format configuration.',
    );
  }
  if ((config.BufferingHints?.SizeInMBs ?? SIZE_LEAST_MB) < SIZE_LEAST_MB) {
    throw invalidArgument('BufferingHints.SizeInMBs must be at least 64 when data format conversion is enabled.');
  }
  for (const block of ['InputFormatConfiguration', 'OutputFormatConfiguration', 'SchemaConfiguration'] as const) {
    if (conversion[block] === undefined) throw invalidArgument(`${block} must not be null`);
  }
  checkOneOf(conversion.InputFormatConfiguration?.Deserializer, 'Deserializer');
  checkOneOf(conversion.OutputFormatConfiguration?.Serializer, 'Serializer');
  checkSchema(conversion);
}

const SIZE_LEAST_MB = 64;

/** Comes before all other rules and has an error code of its own: observed on AWS. */
function checkRoleShape({ SchemaConfiguration }: Conversion): void {
  const role = SchemaConfiguration?.RoleARN;
  if (role !== undefined && !/^arn:[^:]*:iam::\d{12}:role\/\S+$/.test(role)) {
    throw new ApiError('InvalidParameterValueException', 'Invalid role ARN.');
  }
}

/** An empty object counts as none. */
function checkOneOf(formats: object | undefined, noun: 'Deserializer' | 'Serializer'): void {
  const chosen = Object.keys(formats ?? {}).length;
  if (chosen === 0) throw invalidArgument(`${noun} must not be null`);
  if (chosen > 1) {
    throw invalidArgument(`More than one ${noun.toLowerCase()} specified. Only one may be chosen.`);
  }
}

function checkSchema({ SchemaConfiguration }: Conversion): void {
  for (const [member, printed] of [
    ['RoleARN', 'RoleArn'],
    ['DatabaseName', 'DatabaseName'],
    ['TableName', 'TableName'],
  ] as const) {
    if (!SchemaConfiguration?.[member]) {
      throw invalidArgument(`SchemaConfiguration.${printed} must not be null or empty`);
    }
  }
}
