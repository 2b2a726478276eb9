import type { LaneKey } from '../../core/lanes.ts';
import { FIRST_GROUP } from './format.ts';
import { addToLane, emptyLedger, hold } from './ledger.ts';
import { earliestOf, type Run, sumOf } from './runs.ts';
import type { Ledger, PackedRun, SegmentHeader, Snapshot } from './state.ts';

/** The state a segment opens with: the ledger as `applyOpen` would leave it. */
export function snapshotOf(ledger: Ledger, header: Omit<SegmentHeader, 'version' | 'seq'>): Snapshot {
  const { number, salt, previous, previousEnd } = header;
  const origins = [...ledger.origins].filter(([, { records }]) => records > 0);
  return {
    seq: ledger.seq,
    active: number,
    lanes: [...ledger.lanes].map(([lane, { runs }]) => [lane, runs.map((run) => packed(run, lane))]),
    batches: [...ledger.batches.values()].map(({ id, lane, sealedAt, advanced, plan, postponed, runs }) => ({
      ...{ id, lane, sealedAt, advanced, ...(plan && { plan }), ...(postponed && { postponed }) },
      runs: runs.map((run) => packed(run, lane)),
    })),
    cursors: [...ledger.cursors],
    origins: [...origins.map(([of, { places }]) => [of, places] as const), [number, [{ segment: number, bytes: 0 }]]],
    segments: [
      ...[...ledger.segments].map(
        ([of, state]) => [of, of === previous ? { ...state, end: previousEnd ?? state.end } : state] as const,
      ),
      [number, { salt, end: FIRST_GROUP, ...(previous !== undefined && { previous }) }],
    ],
  };
}

export function restore(snapshot: Snapshot): Ledger {
  const ledger = emptyLedger();
  ledger.seq = snapshot.seq;
  ledger.active = snapshot.active;
  for (const [number, places] of snapshot.origins) ledger.origins.set(number, { records: 0, bytes: 0, places });
  for (const [number, state] of snapshot.segments) ledger.segments.set(number, { ...state });
  for (const [name, value] of snapshot.cursors) ledger.cursors.set(name, value);
  for (const [lane, runs] of snapshot.lanes) for (const run of runs) addToLane(ledger, lane, unpacked(run, lane));
  for (const { runs: packedRuns, ...batch } of snapshot.batches) {
    const runs = packedRuns.map((run) => unpacked(run, batch.lane));
    const [records, bytes, oldestAt] = [sumOf(runs, 'records'), sumOf(runs, 'bytes'), earliestOf(runs, 'oldestAt')];
    ledger.batches.set(batch.id, { ...batch, runs, records, bytes, oldestAt });
    hold(ledger, batch.lane, runs, 1);
  }
  return ledger;
}

function packed(run: Run, lane: LaneKey): PackedRun {
  const { origin, name, from, to, records, bytes, oldestAt, enteredAt, only, reason } = run;
  const main = [origin, name === lane ? '' : name, from, to, records, bytes, oldestAt, enteredAt] as const;
  return only || reason ? [...main, { ...(only && { only }), ...(reason && { reason }) }] : main;
}

function unpacked(packedRun: PackedRun, lane: LaneKey): Run {
  const [origin, name, from, to, records, bytes, oldestAt, enteredAt, rest] = packedRun;
  return { origin, name: name || lane, from, to, records, bytes, oldestAt, enteredAt, ...rest };
}
