import { compileJq, isJqFault, type JqProgram } from '../../formats/jq/index.ts';
import { invalidArgument } from '../invalid.ts';
import type { processingConfiguration } from '../shapes/common.ts';
import type { ValueOf } from '../shapes/index.ts';

export type Processor = NonNullable<ValueOf<typeof processingConfiguration>['Processors']>[number];
export type Parameter = NonNullable<Processor['Parameters']>[number];

export function parameterOf(processor: Processor, name: Parameter['ParameterName']): string | undefined {
  return processor.Parameters?.find(({ ParameterName }) => ParameterName === name)?.ParameterValue;
}

/** AWS's rules for one processor's parameters, without its company. */
export function checkProcessor(processor: Processor): void {
  const parameter = (name: Parameter['ParameterName']) => parameterOf(processor, name);
  switch (processor.Type) {
    case 'Lambda':
      checkLambda(parameter);
      break;
    case 'MetadataExtraction':
      if (parameter('JsonParsingEngine') !== 'JQ-1.6') {
        throw invalidArgument('MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6');
      }
      if (parameter('MetadataExtractionQuery') === undefined) {
        throw invalidArgument('MetadataExtractionQuery is required when MetadataExtraction processor is used.');
      }
      compiledQuery(processor);
      break;
    case 'RecordDeAggregation':
      checkDeAggregation(parameter);
      break;
    case 'Decompression':
      if (parameter('CompressionFormat') !== 'GZIP') throw invalidArgument('CompressionFormat has to be GZIP');
      break;
    case 'CloudWatchLogProcessing':
      if (!['true', 'false'].includes((parameter('DataMessageExtraction') ?? '').toLowerCase())) {
        throw invalidArgument('Invalid parameter value for DataMessageExtraction. Allowed values are True and False.');
      }
      break;
    case 'AppendDelimiterToRecord':
      // Whatever delimiter is given, AWS appends a line feed.
      break;
  }
}

/**
 * The query of a MetadataExtraction processor. What AWS says of one that is no jq was not observed; ours names the
 * place, or what our engine does not know.
 */
export function compiledQuery(processor: Processor): JqProgram {
  try {
    return compileJq(parameterOf(processor, 'MetadataExtractionQuery') ?? '');
  } catch (error) {
    if (!isJqFault(error)) throw error;
    throw invalidArgument(`MetadataExtractionQuery cannot be used: ${error.message}.`);
  }
}

type Parameters = (name: Parameter['ParameterName']) => string | undefined;

/** Of a function in Lambda, with or without version or alias. AWS does not look whether it exists. */
const LAMBDA_ARN = /^arn:[^:]+:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9_-]+(:(\$LATEST|[a-zA-Z0-9_-]+))?$/;

function checkLambda(parameter: Parameters): void {
  const arn = parameter('LambdaArn');
  if (arn === undefined) throw invalidArgument('LambdaArn is required when Lambda processor is used.');
  if (!LAMBDA_ARN.test(arn)) throw invalidArgument('Invalid lambda ARN.');
  const size = parameter('BufferSizeInMBs');
  const interval = parameter('BufferIntervalInSeconds');
  if (size === undefined || interval === undefined) {
    throw invalidArgument(
      'Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.',
    );
  }
  if (!isWithin(size, /^\d*\.?\d+$/, { min: 0.2, max: 3 })) {
    throw invalidArgument('BufferSizeInMBs for lambda processor must be between 0.2 and 3.');
  }
  if (!isWithin(interval, /^\d+$/, { min: 0, max: 900 })) {
    throw invalidArgument('BufferIntervalInSeconds for lambda processor must be between 0 and 900.');
  }
  // The guide says 0 to 300, but AWS was seen to take any Java integer.
  if (!isWithin(parameter('NumberOfRetries') ?? '3', /^\d+$/, { min: 0, max: 2 ** 31 - 1 })) {
    throw invalidArgument('Number of retries for lambda must be between 0 and 300.');
  }
}

function isWithin(
  text: string,
  pattern: RegExp,
  { min, max }: { readonly min: number; readonly max: number },
): boolean {
  return pattern.test(text) && Number(text) >= min && Number(text) <= max;
}

function checkDeAggregation(parameter: Parameters): void {
  const type = parameter('SubRecordType');
  if (type !== 'JSON' && type !== 'DELIMITED') {
    throw invalidArgument('SubRecordType has to be one of JSON, DELIMITED');
  }
  if (type === 'DELIMITED' && parameter('Delimiter') === undefined) {
    throw invalidArgument('Delimiter should be present for DELIMITED');
  }
}
