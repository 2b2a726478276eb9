import { isUtf8 } from 'node:buffer';
import type { Slice } from '../../src/core/destination.ts';
import { isJsonObject } from '../../src/core/json.ts';
import { eachRecord } from '../../src/core/records.ts';
import type { RefusedRecord } from '../../src/core/refusals.ts';
import { joinRecords } from '../../src/formats/join.ts';
import type { Answer } from './post.ts';

/** How records are put into a request's body, and what its answer must be. */
export interface Form {
  readonly contentType: string;
  /** Tells which records cannot be put into the body, as it comes to them. */
  readonly body: (slice: Slice, refuse: (record: RefusedRecord) => void) => AsyncIterable<Uint8Array>;
  /** In bytes, where it can be said without making the body. */
  readonly bodyBytes?: (slice: Slice) => Promise<number>;
  /** What is wrong with an answer; undefined when the records were taken. */
  readonly problemWith: (answer: Answer) => Problem | undefined;
}

export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** Where the reason phrase is longer AWS takes the answer for a broken one. */
const REASON_PHRASE_LONGEST = 64;
/** Of an answer, in error messages. */
const QUOTED_LONGEST = 1_000;
const ANSWER_MEMBERS: readonly string[] = ['requestId', 'timestamp', 'errorMessage'];

/** Firehose's own form: the records in base64, the request's id echoed in the answer. */
export function firehoseForm({ requestId, timestamp }: { requestId: string; timestamp: number }): Form {
  const head = `{"requestId":"${requestId}","timestamp":${timestamp},"records":[`;

  return {
    contentType: 'application/json',

    async *body(slice) {
      let before = head;
      for await (const block of slice.read()) {
        const out = Buffer.allocUnsafe(before.length + encodedBytes(block.lengths));
        let at = 0;
        for (const record of eachRecord(block)) {
          at += out.write(before, at, 'latin1');
          at += out.write('{"data":"', at, 'latin1');
          at += out.write(asBuffer(record).toString('base64'), at, 'latin1');
          at += out.write('"}', at, 'latin1');
          before = ',';
        }
        yield out.subarray(0, at);
      }
      yield Buffer.from(']}');
    },

    async bodyBytes(slice) {
      let bytes = head.length + ']}'.length - ','.length;
      for await (const { lengths } of slice.read()) bytes += encodedBytes(lengths);
      return bytes;
    },

    problemWith(answer) {
      if (answer.reasonPhrase.length > REASON_PHRASE_LONGEST) {
        const message = `The reason phrase of the answer is longer than ${REASON_PHRASE_LONGEST} characters.`;
        return { code: 'HttpEndpoint.ResponseReasonPhraseExceededLimit', message };
      }
      if (answer.status !== 200) return refusedBy(answer);
      const fault = faultIn(answer, requestId);
      if (fault === undefined) return undefined;
      return { code: 'HttpEndpoint.InvalidResponseFromDestination', message: `${fault} ${quoted(answer)}` };
    },
  };
}

/** Records as they are: lines of JSON, or the elements of a JSON array. Any 2xx takes them. */
export function plainForm(kind: 'NDJSON' | 'JSON'): Form {
  return {
    ...(kind === 'NDJSON'
      ? { contentType: 'application/x-ndjson', body: (slice: Slice) => joinRecords(slice.read(), 'if-missing') }
      : { contentType: 'application/json', body: jsonArray }),
    problemWith: (answer) => (answer.status >= 200 && answer.status < 300 ? undefined : refusedBy(answer)),
  };
}

async function* jsonArray(slice: Slice, refuse: (record: RefusedRecord) => void): AsyncGenerator<Uint8Array> {
  let before = '[';
  for await (const block of slice.read()) {
    const parts: Uint8Array[] = [];
    for (const [i, record] of [...eachRecord(block)].entries()) {
      if (isJson(record)) {
        parts.push(Buffer.from(before), record);
        before = ',';
      } else {
        const message = 'The record is not JSON, so it cannot be an element of a JSON array.';
        refuse({ index: block.place + i, code: 'HttpEndpoint.MalformedData', message, retryable: false });
      }
    }
    yield Buffer.concat(parts);
  }
  yield Buffer.from(before === '[' ? '[]' : ']');
}

function isJson(record: Uint8Array): boolean {
  if (!isUtf8(record)) return false;
  try {
    JSON.parse(asBuffer(record).toString());
    return true;
  } catch {
    return false; // which is the answer
  }
}

/** Of as many records, each with the comma before it. */
function encodedBytes(lengths: Uint32Array): number {
  let bytes = lengths.length * ',{"data":""}'.length;
  for (const length of lengths) bytes += 4 * Math.ceil(length / 3);
  return bytes;
}

/** In the words that Firehose has for it. */
function refusedBy(answer: Answer): Problem {
  const message = `The following response was received from the endpoint destination. ${quoted(answer)}`;
  return { code: 'HttpEndpoint.DestinationException', message };
}

/** The protocol's rules for an answer that says the records were taken. */
function faultIn({ headers, body }: Answer, requestId: string): string | undefined {
  if (!/^application\/json\s*(;|$)/i.test(String(headers['content-type'])))
    return 'The Content-Type of the answer is not application/json.';
  if (headers['content-encoding'] !== undefined) return 'The answer has a Content-Encoding.';
  const said = parsed(body);
  if (!isJsonObject(said)) return 'The answer is not a JSON object.';
  if (said.requestId !== requestId) return `The answer's requestId is not ${requestId}.`;
  if (typeof said.timestamp !== 'number') return "The answer's timestamp is not a number.";
  const stray = Object.keys(said).find((member) => !ANSWER_MEMBERS.includes(member));
  return stray === undefined ? undefined : 'The answer has members that the protocol does not know.';
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined; // not JSON
  }
}

function quoted({ status, body }: Answer): string {
  const text = body.toString();
  return `${status}: ${text.length > QUOTED_LONGEST ? `${text.slice(0, QUOTED_LONGEST)}…` : text}`;
}

/** The same memory. */
function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
