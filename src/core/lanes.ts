/** What happens to a lane's records when it drains; see the table in the design. */
export type Stage = 'process' | 'deliver' | 'backup' | 'error';

/** A durable queue of records that share one fate. */
export interface Lane {
  /** The stream's incarnation, not its name: a stream deleted and made again starts clean. */
  readonly streamId: string;
  readonly stage: Stage;
  /** The dynamic partition; for `error` lanes the error-output-type; empty otherwise. */
  readonly partition: string;
}

/** A lane's name in a buffer: `<stream id>/<stage>/<partition>`. Stream ids hold no slash. */
export type LaneKey = string;

export function laneKey(lane: Lane): LaneKey {
  return `${lane.streamId}/${lane.stage}/${lane.partition}`;
}

export function laneOf(key: LaneKey): Lane {
  const first = key.indexOf('/');
  const second = key.indexOf('/', first + 1);
  // The key was made by laneKey, so what stands between the slashes is a stage.
  const stage = key.slice(first + 1, second) as Stage;
  return { streamId: key.slice(0, first), stage, partition: key.slice(second + 1) };
}
