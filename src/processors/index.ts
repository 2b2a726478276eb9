import type { JsonObject } from '../core/json.ts';
import type { Processing } from '../core/processing.ts';
import { isPartitioned, parameterIn, processorsOf } from '../core/settings.ts';
import type { StreamDefinition } from '../core/streams.ts';
import { extractMessages } from './cloudwatch-logs.ts';
import { deAggregate, type SubRecords } from './de-aggregation.ts';
import { decompress } from './decompression.ts';
import type { Item, Reason } from './item.ts';
import type { Transform } from './lambda/transform.ts';
import { lambdaStep } from './lambda-step.ts';
import { type Extract, extractHere, metadataExtraction } from './metadata-extraction.ts';
import { partitioner } from './partitioning.ts';
import { each, type Pipeline, run, type Step } from './pipeline.ts';

export interface ProcessorPorts {
  /** Calls a stream's function. */
  readonly transform: Transform;
  readonly extract?: Extract;
}

/**
 * Firehose's processors. Whatever their place in the configuration, they work in one order: decompression, messages of
 * CloudWatch Logs, de-aggregation, the function, the query for partition keys. AppendDelimiterToRecord is no step: the
 * delimiter goes between records when they are joined.
 */
export function processors({ transform, extract = extractHere }: ProcessorPorts): Processing {
  const pipelines = new WeakMap<StreamDefinition, Pipeline>();
  const steps: readonly (readonly [type: string, step: (processor: JsonObject) => Step | undefined])[] = [
    ['Decompression', () => each(decompress)],
    ['CloudWatchLogProcessing', extractionOfMessages],
    ['RecordDeAggregation', deAggregation],
    ['Lambda', (processor) => calling(processor, transform)],
    ['MetadataExtraction', (processor) => querying(processor, extract)],
  ];

  /** Compiled once for each version of a stream, which is one object. */
  function pipelineOf(stream: StreamDefinition): Pipeline {
    let pipeline = pipelines.get(stream);
    if (pipeline === undefined) {
      pipeline = { steps: stepsOf(stream), partition: partitionOf(stream) };
      pipelines.set(stream, pipeline);
    }
    return pipeline;
  }

  function stepsOf(stream: StreamDefinition): Step[] {
    const given = processorsOf(stream);
    return steps.flatMap(([type, stepFor]) => {
      const processor = given.find(({ Type }) => Type === type);
      return (processor && stepFor(processor)) ?? [];
    });
  }

  return {
    process: (chunk, signal) => run(pipelineOf(chunk.stream), chunk, signal),
  };
}

function extractionOfMessages(processor: JsonObject): Step | undefined {
  return parameterIn(processor, 'DataMessageExtraction') === 'true' ? each(extractMessages) : undefined;
}

function deAggregation(processor: JsonObject): Step {
  const how = subRecordsOf(processor);
  return each((item) => deAggregate(item, how));
}

function calling(processor: JsonObject, transform: Transform): Step {
  return lambdaStep(parameterIn(processor, 'LambdaArn') ?? '', transform);
}

function querying(processor: JsonObject, extract: Extract): Step {
  return metadataExtraction(parameterIn(processor, 'MetadataExtractionQuery') ?? '', extract);
}

function subRecordsOf(processor: JsonObject): SubRecords {
  if (parameterIn(processor, 'SubRecordType') === 'JSON') return { type: 'JSON' };
  return { type: 'DELIMITED', delimiter: Buffer.from(parameterIn(processor, 'Delimiter') ?? '', 'base64') };
}

function partitionOf(stream: StreamDefinition): (item: Item) => string | Reason {
  const { Prefix } = stream.destination.config;
  return isPartitioned(stream) && typeof Prefix === 'string' ? partitioner(Prefix) : () => '';
}
