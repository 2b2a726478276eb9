import assert from 'node:assert';
import type { SliceLimits } from '../../src/core/destination.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';

/** What AWS takes in one request of its HTTP delivery protocol. */
const RECORDS_MOST = 10_000;
const MIB = 1024 * 1024;

/** A request holds as much as a stream buffers: what AWS sends in one. */
export function hintedLimits({ BufferingHints: hints }: JsonObject): SliceLimits {
  assert(isJsonObject(hints) && typeof hints.SizeInMBs === 'number', 'stored hints are complete');
  return { records: RECORDS_MOST, bytes: hints.SizeInMBs * MIB };
}
