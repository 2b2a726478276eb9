import assert from 'node:assert';
import { crc32 } from 'node:zlib';
import type { LaneKey } from '../core/lanes.ts';

/**
 * A lane's records are in one shard, each with partitions, a head and seals of its own, until it is more than one
 * partition takes. Who is refused knows: it uses twice as many from then on, and nobody else needs to be told, since
 * each shard wakes, is swept and is sealed by itself, whoever has filled it. A shard has a name like a lane's.
 */
export type Shards = Map<LaneKey, number>;

/** Of one lane: some thousands of puts a second. */
const SHARDS_MOST = 64;
/** Lanes whose shards are remembered. */
const REMEMBERED_MOST = 10_000;
const NUMBER = /#\d+$/;

/** One of the lane's shards; which, the seed says. */
export function shardOf(shards: Shards, lane: LaneKey, seed: string): LaneKey {
  assert(!isOtherShard(lane), 'what is called partition ends in a bracket, error types in a letter');
  const number = crc32(seed) % (shards.get(lane) ?? 1);
  return number === 0 ? lane : `${lane}#${number}`;
}

/** All but the first, which has the lane's own name. */
export const isOtherShard = (shard: LaneKey): boolean => NUMBER.test(shard);

export const laneOfShard = (shard: LaneKey): LaneKey => shard.replace(NUMBER, '');

/** A write to this shard was refused for being one too many. */
export function addShards(shards: Shards, shard: LaneKey): void {
  const lane = laneOfShard(shard);
  if (shards.size >= REMEMBERED_MOST && !shards.has(lane)) shards.clear();
  shards.set(lane, Math.min(2 * (shards.get(lane) ?? 1), SHARDS_MOST));
}
