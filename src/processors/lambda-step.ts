import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { StreamDefinition } from '../core/streams.ts';
import type { Item, Outcome } from './item.ts';
import type { Transform, TransformOutcome, TransformRecord } from './lambda/transform.ts';
import type { Step } from './pipeline.ts';

/**
 * Firehose's Lambda processor: one call of the function with the records of the chunk. What becomes of each is the
 * function's word; when the call fails as a whole, so does the attempt at the chunk.
 * https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
 */
export function lambdaStep(functionArn: string, transform: Transform): Step {
  return async (items, { stream, batch }, signal) => {
    if (items.length === 0) return [];
    const { name, arn } = stream;
    const region = arn.split(':', 4)[3] ?? '';
    const isKafka = stream.type === 'MSKAsSource';
    const dataMember = isKafka ? 'kafkaRecordValue' : 'data';
    const told = { name, arn, region, members: sourceMembers(stream), dataMember } as const;
    const records = items.map((item) => recordOf(item, batch, isKafka ? mskMembers : kinesisMembers));
    const outcomes = await transform({ stream: told, functionArn, records }, signal);
    return items.map((item, i) => outcomeOf(item, outcomes[i]!)); // one for each
  };
}

function sourceMembers({ source }: StreamDefinition): JsonObject {
  const { KinesisStreamSourceConfiguration: kinesis, MSKSourceConfiguration: msk } = source ?? {};
  if (isJsonObject(kinesis)) return { sourceKinesisStreamArn: kinesis.KinesisStreamARN };
  return isJsonObject(msk) ? { sourceMSKArn: msk.MSKClusterARN } : {};
}

function kinesisMembers(metadata: JsonObject): JsonObject {
  return { kinesisRecordMetadata: metadata };
}

/** Texts, as AWS documents them; the topic is ours. */
function mskMembers(metadata: JsonObject): JsonObject {
  const texts = Object.entries(metadata).map(([name, value]) => [name, String(value)]);
  return { mskRecordMetadata: Object.fromEntries(texts) };
}

function recordOf(item: Item, batch: string, membersOf: (metadata: JsonObject) => JsonObject): TransformRecord {
  const { arrivedAt, metadata } = item.source;
  const record = { id: recordId(batch, item), arrivedAt, data: item.data };
  if (metadata === undefined) return record;
  // Records that were stored together share a time; their source has told each its own.
  const { approximateArrivalTimestamp: own } = metadata;
  return { ...record, ...(typeof own === 'number' && { arrivedAt: own }), members: membersOf(metadata) };
}

/** The same in every attempt, so that a function can tell what it has seen before. */
function recordId(batch: string, { source, part }: Item): string {
  return `${batch}.${source.place}.${part}`;
}

function outcomeOf(item: Item, outcome: TransformOutcome): Outcome {
  switch (outcome.result) {
    case 'Ok':
      return outcome.outputs.map(({ data, partitionKeys }) => ({
        ...item,
        data,
        ...(partitionKeys && { lambdaKeys: new Map(Object.entries(partitionKeys)) }),
      }));
    case 'Dropped':
      return [];
    case 'failed':
      return { type: 'processing-failed', code: outcome.code, message: outcome.message };
  }
}
