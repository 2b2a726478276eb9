import type { Answered, WorkerCall, WorkerLimits } from './worker-protocol.ts';

/** The plain form of a function, as it runs in its worker; see worker-program.ts for what this code may use. */

type TransformCall = WorkerCall & { readonly type: 'transform' };

interface PlainPorts {
  readonly limits: WorkerLimits;
  readonly messageOf: (error: unknown) => string;
}

/** What a transformer's outputs are before they are packed. */
interface Piece {
  readonly data: string | Uint8Array;
  readonly keys?: Readonly<Record<string, string>>;
}

/** Calls a plain transformer for each record, up to so many at once while it waits for something. */
async function transform(
  transformer: (record: object) => unknown,
  call: TransformCall,
  { limits, messageOf }: PlainPorts,
): Promise<Answered> {
  const { lengths } = call;
  const outputs: (readonly Piece[] | string)[] = new Array(lengths.length);
  const isPartitioned = new WeakMap<object, Piece>();
  let next = 0;
  let offset = 0;
  let bytes = 0;
  let pieces = 0;

  async function work(): Promise<void> {
    while (next < lengths.length) {
      const i = next++;
      const length = lengths[i]!; // i < lengths.length
      const data = Buffer.from(call.data.buffer, call.data.byteOffset + offset, length);
      offset += length;
      try {
        let result = transformer(recordOf(data, { call, i, isPartitioned }));
        // Without a promise there is nothing to wait for, and the records go through in one turn.
        if (typeof result === 'object' && result !== null && 'then' in result) result = await result;
        const made = piecesOf(result, isPartitioned);
        for (const { data: piece, keys } of made) {
          bytes += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
          if (keys) for (const [name, value] of Object.entries(keys)) bytes += name.length + value.length;
        }
        pieces += made.length;
        outputs[i] = made;
      } catch (error) {
        outputs[i] = messageOf(error);
      }
      if (bytes > limits.outputBytes || pieces > limits.outputs) next = lengths.length;
    }
  }

  await Promise.all(Array.from({ length: Math.min(limits.recordsAtOnce, lengths.length) }, work));
  if (bytes > limits.outputBytes || pieces > limits.outputs) return { answer: { type: 'too-large' } };
  return packed(outputs, pieces, bytes);
}

interface RecordContext {
  readonly call: TransformCall;
  readonly i: number;
  readonly isPartitioned: WeakMap<object, Piece>;
}

/** The record as the transformer sees it. Most look at one of its faces only, so each is made when it is looked at. */
function recordOf(data: Buffer, { call, i, isPartitioned }: RecordContext): object {
  let json: { readonly value: unknown } | undefined;
  return {
    data,
    streamName: call.streamName,
    get text() {
      return data.toString();
    },
    get json() {
      json ??= { value: JSON.parse(data.toString()) };
      return json.value;
    },
    get arrivedAt() {
      return new Date(call.arrivedAt[i]!); // one for each record
    },
    partitioned(output: unknown, keys: unknown) {
      if (typeof keys !== 'object' || keys === null) throw new TypeError('partition keys must be an object');
      const texts = Object.entries(keys).map(([name, value]) => {
        if (typeof value !== 'object' && value !== undefined) return [name, String(value)] as const;
        throw new TypeError(`the value of partition key ${name} must be a text`);
      });
      const token = {};
      isPartitioned.set(token, { data: bytesOf(output), keys: Object.fromEntries(texts) });
      return token;
    },
  };
}

function piecesOf(result: unknown, isPartitioned: WeakMap<object, Piece>): readonly Piece[] {
  if (result === null) return [];
  if (!Array.isArray(result)) return [pieceOf(result, isPartitioned)];
  return result.map((each) => pieceOf(each, isPartitioned));
}

function pieceOf(output: unknown, isPartitioned: WeakMap<object, Piece>): Piece {
  const partitioned = typeof output === 'object' && output !== null ? isPartitioned.get(output) : undefined;
  return partitioned ?? { data: bytesOf(output) };
}

function bytesOf(output: unknown): string | Uint8Array {
  if (typeof output === 'string' || output instanceof Uint8Array) return output;
  if (output === undefined) throw new TypeError('the transformer returned undefined; to drop a record it returns null');
  if (typeof output !== 'object' || output === null || Array.isArray(output)) {
    throw new TypeError(
      `an output must be a text, bytes or an object; it is ${JSON.stringify(output) ?? typeof output}`,
    );
  }
  // JSON shows nothing of what is in these.
  if (output instanceof Map || output instanceof Set || output instanceof ArrayBuffer) {
    throw new TypeError(`an output cannot be a ${output.constructor.name}`);
  }
  const text = JSON.stringify(output);
  if (text === undefined) throw new TypeError('the output is an object that has no JSON');
  return `${text}\n`;
}

function packed(outputs: readonly (readonly Piece[] | string)[], pieces: number, bytes: number): Answered {
  const counts = new Int32Array(new ArrayBuffer(outputs.length * 4));
  const lengths = new Uint32Array(new ArrayBuffer(pieces * 4));
  const data = Buffer.from(new ArrayBuffer(bytes));
  const failures: string[] = [];
  const allKeys = new Map<number, Readonly<Record<string, string>>>();
  let piece = 0;
  let at = 0;
  for (const [i, made] of outputs.entries()) {
    counts[i] = typeof made === 'string' ? -1 : made.length;
    if (typeof made === 'string') {
      failures.push(made);
      continue;
    }
    for (const { data: part, keys } of made) {
      const length = typeof part === 'string' ? data.write(part, at) : part.length;
      if (typeof part !== 'string') data.set(part, at);
      if (keys) allKeys.set(piece, keys);
      lengths[piece++] = length;
      at += length;
    }
  }
  const transfer = [counts.buffer, lengths.buffer, data.buffer];
  const packedData = new Uint8Array(data.buffer, 0, at);
  const answer = { counts, lengths, data: packedData, failures, keys: allKeys };
  return { answer: { type: 'transformed', outputs: answer }, transfer };
}

/** The functions as text. */
export const PLAIN_FORM = [transform, recordOf, piecesOf, pieceOf, bytesOf, packed].join('\n');
export type TransformAll = typeof transform;
