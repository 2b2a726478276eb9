import assert from 'node:assert';
import type { Delivered, Destination, Pending, Slice, SliceLimits } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import { eachRecord } from '../src/core/records.ts';
import type { RefusedRecord } from '../src/core/refusals.ts';
import type { Secrets } from '../src/core/secrets.ts';
import { secretText } from './http/secret-text.ts';

/**
 * A destination of the user's own. Retries, backoff, the error output and the backup are Hydrant's: it makes one
 * attempt at a time. It runs within the service, so it must not block, and only code that is trusted belongs here.
 */
export interface CustomDestination {
  /** What one call of `deliver` may be given. Default: 500 records or 4 MiB. */
  readonly limits?: Partial<SliceLimits>;
  /**
   * Sends the records. Resolves when they are taken for good, with those that are not; or with what to `check` later,
   * when the far side only knows then. What it throws is tried again for as long as the stream's `RetryOptions` say,
   * unless the error's `retryable` is false; `retryAfterMs` of it is heeded, and `isTooLarge` halves the slice. A
   * repeat after a crash has the same `slice.id`.
   */
  deliver(slice: CustomSlice, signal: AbortSignal): Promise<undefined | CustomOutcome> | Promise<void>;
  /** What came of a slice that `deliver` left pending. To throw has it sent again. */
  check?(slice: CustomSlice, state: JsonValue, signal: AbortSignal): Promise<undefined | CustomOutcome> | Promise<void>;
}

export type CustomOutcome =
  | { readonly refused: readonly CustomRefusal[] }
  /** To be checked at `checkAt`, in ms since the epoch. */
  | { readonly pending: JsonValue; readonly checkAt: number };

/** A record that was not taken. */
export interface CustomRefusal {
  /** The record's own. */
  readonly index: number;
  readonly message: string;
  /** Default `Hydrant.RecordRefused`. */
  readonly code?: string;
  /** Whether it is worth another try. Default false: it goes to the error output. */
  readonly retryable?: boolean;
}

/** Records to deliver, and to where. */
export interface CustomSlice {
  /** The same in every attempt at the same records, so that a receiver can drop repeats. */
  readonly id: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** As the stream has it, with the destination's own scheme. */
  readonly url: URL;
  /** The stream's access key, or its secret's `api_key`. */
  readonly accessKey?: string;
  /** The stream's common attributes. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly stream: { readonly name: string; readonly arn: string };
  /** How many records, and how many bytes they have. */
  readonly count: number;
  readonly bytes: number;
  /** May be called again to start over. */
  records(): AsyncIterable<CustomRecord>;
}

export interface CustomRecord {
  readonly index: number;
  readonly data: Uint8Array;
  /** When it was put, in ms since the epoch. */
  readonly arrivedAt: number;
}

/** Gives a destination its type: `export default defineDestination({ async deliver(slice) { … } })`. */
export function defineDestination(destination: CustomDestination): CustomDestination {
  return destination;
}

/** AWS's limits of a PutRecordBatch, which most receivers take. */
const DEFAULT_LIMITS: SliceLimits = { records: 500, bytes: 4 * 1024 * 1024 };

/** A user's destination as the core knows them. */
export function customDestination(own: CustomDestination, { secrets }: { readonly secrets: Secrets }): Destination {
  async function called(slice: Slice, call: (own: CustomSlice) => Promise<undefined | CustomOutcome> | Promise<void>) {
    const given = await customSlice(slice, secrets);
    try {
      return await outcomeOf(slice, (await call(given)) ?? undefined);
    } catch (error) {
      throw deliveryError(error);
    }
  }

  return {
    limits: () => ({ ...DEFAULT_LIMITS, ...own.limits }),
    deliver: (slice, signal) => called(slice, (given) => own.deliver(given, signal)),
    check(slice, state, signal) {
      const { check } = own;
      if (check === undefined) throw deliveryError(new Error('The destination has no check for what it left pending.'));
      return called(slice, (given) => check.call(own, given, state, signal));
    },
  };
}

async function customSlice(slice: Slice, secrets: Secrets): Promise<CustomSlice> {
  const { id, config, stream, plan, records: count, bytes } = slice;
  const { EndpointConfiguration: endpoint } = config;
  assert(isJsonObject(endpoint) && typeof endpoint.Url === 'string', 'a stored HTTP endpoint has a URL');
  const accessKey = await secretText(config, { secrets, member: 'api_key', otherwise: endpoint.AccessKey });
  return {
    ...{ id, attempt: plan.attempt, stream: { name: stream.name, arn: stream.arn }, count, bytes },
    url: new URL(endpoint.Url.replace(ALIAS, '$1://')),
    ...(accessKey !== undefined && { accessKey }),
    attributes: attributesOf(config),
    records: () => recordsOf(slice),
  };
}

/** For clients that insist on https: `https://loki.destination.local/…` means `loki://…`. */
const ALIAS = /^https:\/\/([a-z][a-z0-9+-]*)\.destination\.local(?:\/|$)/i;

/** The scheme by which a URL names a user's destination. */
export function schemeIn(url: string): string {
  const [, scheme = ''] = /^([a-z][a-z0-9+.-]*):/i.exec(url.replace(ALIAS, '$1://')) ?? [];
  return scheme.toLowerCase();
}

function attributesOf({ RequestConfiguration: options }: JsonObject): Record<string, string> {
  const attributes = isJsonObject(options) && Array.isArray(options.CommonAttributes) ? options.CommonAttributes : [];
  return Object.fromEntries(
    attributes.filter(isJsonObject).map((each) => [String(each.AttributeName), String(each.AttributeValue)]),
  );
}

async function* recordsOf(slice: Slice): AsyncGenerator<CustomRecord> {
  for await (const block of slice.read()) {
    let index = block.place;
    for (const data of eachRecord(block)) yield { index: index++, data, arrivedAt: block.arrivedAt };
  }
}

/** Code that is not ours may say anything: what makes no sense fails the attempt. */
async function outcomeOf(slice: Slice, outcome: CustomOutcome | undefined): Promise<Delivered | Pending> {
  if (outcome === undefined) return { bytes: slice.bytes };
  if ('pending' in outcome) {
    const { pending, checkAt } = outcome;
    if (pending === undefined || !Number.isFinite(checkAt)) throw new Error('A pending outcome needs a time to check.');
    return { pending, checkAt };
  }
  const { refused } = outcome;
  if (!Array.isArray(refused)) throw new Error('An outcome has a list of refused records, or is pending.');
  const known = new Set<number>();
  for await (const { place, lengths } of slice.read()) for (const i of lengths.keys()) known.add(place + i);
  return {
    bytes: slice.bytes,
    refused: refused.map(({ index, message, code = 'Hydrant.RecordRefused', retryable = false }): RefusedRecord => {
      if (!known.has(index)) throw new Error(`There is no record ${index} in the slice that could be refused.`);
      return { index, message: String(message), code: String(code), retryable: retryable === true };
    }),
  };
}

/** In doubt what was thrown is worth another try. */
function deliveryError(error: unknown): DeliveryError {
  if (error instanceof DeliveryError) return error;
  const thrown = error instanceof Error ? error : new Error(String(error));
  const { code, retryable, isTooLarge, retryAfterMs }: Thrown = thrown;
  return new DeliveryError(thrown.message, {
    code: typeof code === 'string' ? code : 'Hydrant.DestinationFailed',
    retryable: retryable !== false && isTooLarge !== true,
    isTooLarge: isTooLarge === true,
    ...(typeof retryAfterMs === 'number' && { retryAfterMs }),
    cause: error,
  });
}

/** What an error may say beside its message; code that is not ours may put anything there. */
type Thrown = Error & { readonly [member in 'code' | 'retryable' | 'isTooLarge' | 'retryAfterMs']?: unknown };
