import type { Contents } from '../local/preview/contents.ts';
import type { Outcome, PreviewedObject } from '../local/preview/rehearsal.ts';
import { hintsOn } from './preview-hints.ts';
import { lineFinder, type Samples } from './samples.ts';

/** A preview, as both of its forms show it. */
export interface Preview {
  readonly streamName: string;
  readonly arrivedAt: number;
  readonly samples: Samples;
  /** Rows of an object, records of a failure. */
  readonly rowsMost: number;
  readonly outcome: Outcome;
}

/** For programs: everything, in one JSON object. */
export function previewJson({ streamName, arrivedAt, samples, rowsMost, outcome }: Preview): string {
  const { objects, sent, backups, failures, errorObjects, stuck, said } = outcome;
  const { records, bytes, tooLong, hasMore } = samples;
  const lineOf = lineFinder(samples);
  const preview = {
    stream: streamName,
    arrivedAt: new Date(arrivedAt).toISOString(),
    input: { records: records.length, bytes, tooLong, hasMore },
    objects: objects.map(objectJson),
    ...(sent && { sent }),
    backups: backups.map(objectJson),
    failures: failures.map(({ records: failed, ...reason }) => ({
      ...reason,
      records: failed.length,
      examples: failed.slice(0, rowsMost).map((record) => {
        const line = lineOf(record);
        return { ...(line !== undefined && { line }), rawData: record.toString('base64') };
      }),
    })),
    errorObjects: errorObjects.map(objectJson),
    ...{ stuck, hints: hintsOn(outcome), said },
  };
  return `${JSON.stringify(preview, undefined, 2)}\n`;
}

function objectJson({ bucket, key, records, bytes, contents }: PreviewedObject) {
  return { bucket, key, records, bytes, ...contentsJson(contents) };
}

function contentsJson(contents: Contents) {
  return 'unreadable' in contents ? contents : { rowCount: contents.rowCount, rows: contents.rows };
}
