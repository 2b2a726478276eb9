import { strict as assert } from 'node:assert';
import type { JsonObject } from '../core/json.ts';
import type { FailureReason, RecordBlock } from '../core/records.ts';

/** What a report says beside the records and the reasons they carry. */
export interface ReportContext {
  /** The batch id: with a record's place it makes `EventId` and `dataId`, which are left out when it is absent. */
  readonly id?: string | undefined;
  /** The function whose processing failed, with the qualifier as configured. */
  readonly lambdaArn?: string | undefined;
  /** The table a format conversion read its schema from, as its member `dataCatalogTable`. */
  readonly dataCatalogTable?: JsonObject | undefined;
  /** The index that documents were meant for, by when they arrived, in ms since the epoch. */
  readonly indexOf?: ((arrivedAt: number) => string) | undefined;
  readonly typeName?: string | undefined;
}

/**
 * Error records as Firehose writes them under the error prefix: one JSON object a line, members and their order by
 * the kind of failure. Times are in ms since the epoch, `rawData` is base64. The same records give the same bytes.
 *
 * Streams in pieces of about a MiB (one line may be longer), however many records a block has.
 */
export async function* errorReport(
  records: AsyncIterable<RecordBlock>,
  context: ReportContext = {},
): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const block of records) {
    yield* reportBlock(block, context, position);
    position += block.lengths.length;
  }
}

const PIECE_BYTES = 1024 * 1024;

function* reportBlock(block: RecordBlock, context: ReportContext, firstPosition: number): Generator<Uint8Array> {
  const { reason, arrivedAt, lengths } = block;
  assert(reason, 'records in an error lane carry the reason for which they are there');
  const data = Buffer.from(block.data.buffer, block.data.byteOffset, block.data.byteLength);
  const line = lineAround(membersOf(reason, arrivedAt, context));

  let piece = Buffer.allocUnsafe(PIECE_BYTES);
  let filled = 0;
  let offset = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!; // i < lengths.length
    const tail = line.tail(firstPosition + i);
    const lineBytes = line.head.length + base64Length(length) + Buffer.byteLength(tail);
    if (filled + lineBytes > piece.length) {
      if (filled > 0) yield piece.subarray(0, filled);
      piece = Buffer.allocUnsafe(Math.max(PIECE_BYTES, lineBytes));
      filled = 0;
    }
    filled += line.head.copy(piece, filled);
    filled += piece.write(data.toString('base64', offset, offset + length), filled, 'latin1');
    filled += piece.write(tail, filled);
    offset += length;
  }
  if (filled > 0) yield piece.subarray(0, filled);
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** The members of an error record before and after `rawData`. */
interface ErrorMembers {
  readonly before: JsonObject;
  readonly after: JsonObject;
  /** Members after those, which differ from record to record. */
  readonly perRecord?: (position: number) => JsonObject;
}

/** Everything of a line that does not change from record to record is made into JSON once. */
function lineAround(members: ErrorMembers): { head: Buffer; tail: (position: number) => string } {
  const before = inner(members.before);
  const after = inner(members.after);
  const head = Buffer.from(`{${before}${before && ','}"rawData":"`);
  const { perRecord } = members;
  if (perRecord === undefined) {
    const tail = `"${after && ','}${after}}\n`;
    return { head, tail: () => tail };
  }
  return { head, tail: (position) => `"${after && ','}${after},${inner(perRecord(position))}}\n` };
}

/** The object's JSON without its braces. */
function inner(members: JsonObject): string {
  return JSON.stringify(members).slice(1, -1);
}

/**
 * Orders and names as in AWS's guide and in samples taken from AWS. Unverified there: the members for Snowflake,
 * Iceberg, dynamic partitioning and any kind not named below (the common ones are used), what sequence numbers
 * records put directly have (none for conversion; batch id and place for Splunk and HTTP, where the guide shows
 * `<sequence>.<subsequence>`), and documents' ids, which a report cannot know.
 */
function membersOf(reason: FailureReason, arrivedAt: number, context: ReportContext): ErrorMembers {
  const { code, message } = reason;
  const attempt = { attemptsMade: reason.attempts, arrivalTimestamp: arrivedAt };
  const ended = { attemptEndingTimestamp: reason.lastAttemptAt };
  const common = { ...attempt, errorCode: code, errorMessage: message, ...ended };
  const { id } = context;
  switch (reason.type) {
    case 'processing-failed':
      return {
        before: {},
        after: { errorCode: code, errorMessage: message, ...attempt, ...ended, lambdaARN: context.lambdaArn },
      };
    case 'decompression-failed':
      return { before: {}, after: { errorCode: code, errorMessage: message, ...attempt, ...ended } };
    case 'format-conversion-failed':
      return {
        before: { ...attempt, lastErrorCode: code, lastErrorMessage: message, ...ended },
        after: { sequenceNumber: null, subSequenceNumber: null, dataCatalogTable: context.dataCatalogTable },
      };
    case 'AmazonOpenSearchService-failed':
      return {
        before: { ...common, esIndexName: context.indexOf?.(arrivedAt), esTypeName: context.typeName },
        after: {},
      };
    case 'AmazonOpenSearchServerless-failed':
      return { before: { ...common, osIndexName: context.indexOf?.(arrivedAt) }, after: {} };
    case 'splunk-failed':
      return { before: common, after: {}, ...(id && { perRecord: (position) => ({ EventId: `${id}.${position}` }) }) };
    case 'http-endpoint-failed':
      return {
        before: common,
        after: { subsequenceNumber: 0 },
        ...(id && { perRecord: (position) => ({ dataId: `${id}.${position}` }) }),
      };
    default:
      return { before: common, after: {} };
  }
}
