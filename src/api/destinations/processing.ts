import { invalidArgument } from '../invalid.ts';
import type { processingConfiguration } from '../shapes/common.ts';
import type { ValueOf } from '../shapes/index.ts';
import { checkProcessor, type Parameter, type Processor, parameterOf } from './processors.ts';

export type Processing = ValueOf<typeof processingConfiguration>;

/** What a Lambda processor gets where nothing is said: the role it is invoked with, and its hints. */
export interface LambdaDefaults {
  readonly RoleArn: string;
  readonly BufferSizeInMBs?: string;
  readonly BufferIntervalInSeconds?: string;
}

/**
 * Observed on AWS: processing is off unless it is switched on, and Lambda processors come back with all five parameters
 * in one order.
 */
export function completeProcessing(processing: Processing, defaults: LambdaDefaults): Processing {
  return {
    Enabled: processing.Enabled ?? false,
    ...(processing.Processors && {
      Processors: processing.Processors.map((processor) => completeProcessor(processor, defaults)),
    }),
  };
}

function completeProcessor(processor: Processor, defaults: LambdaDefaults): Processor {
  if (processor.Type === 'Lambda') return { ...processor, Parameters: lambdaParameters(processor, defaults) };
  if (processor.Type !== 'CloudWatchLogProcessing' || processor.Parameters === undefined) return processor;
  // Observed on AWS: `True` comes back as `true`.
  const Parameters = processor.Parameters.map((parameter) =>
    parameter.ParameterName === 'DataMessageExtraction'
      ? { ...parameter, ParameterValue: parameter.ParameterValue.toLowerCase() }
      : parameter,
  );
  return { ...processor, Parameters };
}

function lambdaParameters(processor: Processor, defaults: LambdaDefaults): readonly Parameter[] {
  const given = processor.Parameters ?? [];
  const filled: Parameter[] = [...given];
  const fill = (ParameterName: Parameter['ParameterName'], ParameterValue: string) => {
    if (parameterOf(processor, ParameterName) === undefined) filled.push({ ParameterName, ParameterValue });
  };
  fill('NumberOfRetries', '3');
  fill('RoleArn', defaults.RoleArn);
  // One hint without the other stays alone, for the check to refuse.
  if (!given.some(({ ParameterName }) => ParameterName.startsWith('Buffer'))) {
    fill('BufferSizeInMBs', defaults.BufferSizeInMBs ?? '1');
    fill('BufferIntervalInSeconds', defaults.BufferIntervalInSeconds ?? '60');
  }
  return filled.sort((a, b) => lambdaRank(a) - lambdaRank(b));
}

const LAMBDA_ORDER = ['LambdaArn', 'NumberOfRetries', 'RoleArn', 'BufferSizeInMBs', 'BufferIntervalInSeconds'];

/** Parameters that mean nothing to a Lambda processor go last. */
function lambdaRank({ ParameterName }: Parameter): number {
  const rank = LAMBDA_ORDER.indexOf(ParameterName);
  return rank < 0 ? LAMBDA_ORDER.length : rank;
}

/** AWS's quota of processors a stream. */
const PROCESSORS_MOST = 5;

/** AWS's rules; that duplicate parameters come before all others was observed, the rest of the order was not. */
export function checkProcessing(
  processing: Processing | undefined,
  destination: { readonly partitions: boolean; readonly extractsWithoutPartitions?: boolean },
): void {
  if (processing?.Enabled !== true) return;
  const processors = processing.Processors ?? [];
  for (const { Parameters = [] } of processors) {
    if (new Set(Parameters.map(({ ParameterName }) => ParameterName)).size < Parameters.length) {
      throw invalidArgument('Duplicate ProcessorParameter passed to ProcessingConfiguration.');
    }
  }
  if (processors.length < 1 || processors.length > PROCESSORS_MOST) {
    throw invalidArgument(
      'A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled.',
    );
  }
  if (processors.filter(({ Type }) => Type === 'Lambda').length > 1) {
    throw invalidArgument('Cannot have more than 1 Lambda processor.');
  }
  for (const processor of processors) checkProcessor(processor);
  checkCompany(processors, destination);
}

/** Processors that need another processor, or dynamic partitioning. */
function checkCompany(
  processors: readonly Processor[],
  destination: { readonly partitions: boolean; readonly extractsWithoutPartitions?: boolean },
): void {
  const has = (type: Processor['Type']) => processors.some(({ Type }) => Type === type);
  if (has('CloudWatchLogProcessing') && !has('Decompression')) {
    throw invalidArgument('CloudWatchLogProcessingProcessor can only be enabled with DecompressionProcessor');
  }
  if (destination.partitions) return;
  if (has('RecordDeAggregation')) throw needsPartitioning('RecordDeAggregationProcessor');
  // Iceberg finds its table in what MetadataExtraction finds.
  if (has('MetadataExtraction') && destination.extractsWithoutPartitions !== true) {
    throw needsPartitioning('MetadataExtractionProcessor');
  }
}

function needsPartitioning(processor: string): Error {
  return invalidArgument(
    `class com.amazonaws.services.firehose.internal.model.${processor} can only be present when Dynamic Partitioning ` +
      'is enabled.',
  );
}
