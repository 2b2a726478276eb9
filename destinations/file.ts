import { join } from 'node:path';
import type { Destination, Slice } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import { joinRecords } from '../src/formats/join.ts';
import { type FileSettings, folderNamed, folderOver } from './file/places.ts';
import { fileSeries, type Place, type Series, written } from './file/series.ts';

export interface FilePorts {
  /** Ms since the epoch. */
  readonly now: () => number;
  /** Absent: nothing is written. */
  readonly files?: FileSettings | undefined;
}

/** A batch is appended in one piece: there is one note of where. */
const WHOLE_BATCH = { records: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };

/**
 * Lines in files, for streams whose HTTP endpoint is `file:///folder`: `<folder>/<stream>-<time>.ndjson`, a new one
 * when the last is full or old. A batch is there once, whole and durable: before it is appended its place is noted in
 * the plan, and a repeat looks there first.
 */
export default function file({ now, files }: FilePorts): Destination {
  const all = new Map<string, Series>();

  function seriesOf({ stream, config }: Slice): Series {
    const folder = folderIn(config);
    const top = folder === undefined ? undefined : folderOver(folder, files?.folders ?? []);
    if (files === undefined || folder === undefined || top === undefined) throw notAllowed();
    const path = join(folder, stream.name);
    const series = all.get(path) ?? fileSeries({ ...files, name: stream.name, folder, top, now });
    all.set(path, series);
    return series;
  }

  return {
    limits: () => WHOLE_BATCH,

    async deliver(slice, signal) {
      const series = seriesOf(slice);
      const content = () => joinRecords(slice.read(), 'if-missing');
      const place = placeIn(slice.plan.note, files?.folders ?? []);
      try {
        const before = place && (await written(place, content));
        const note = ({ file, at }: Place) => slice.note({ file, at });
        const bytes = before ?? (await series.append({ content, bytes: slice.bytes, note, signal }));
        return { bytes };
      } catch (error) {
        throw deliveryError(error);
      }
    },
  };
}

function folderIn({ EndpointConfiguration: endpoint }: JsonObject): string | undefined {
  return isJsonObject(endpoint) ? folderNamed(String(endpoint.Url)) : undefined;
}

/** Where an earlier attempt was about to write. The stream may have had another destination then. */
function placeIn(note: JsonValue | undefined, folders: readonly string[]): Place | undefined {
  if (!isJsonObject(note) || typeof note.file !== 'string' || typeof note.at !== 'number') return undefined;
  return folderOver(note.file, folders) === undefined ? undefined : { file: note.file, at: note.at };
}

function notAllowed(): DeliveryError {
  const message = "The stream's folder is not among those of files in Hydrant's configuration file.";
  return new DeliveryError(message, { code: 'File.NotAllowed', retryable: true, refused: true });
}

/** What is no word of the file system is left as it is. */
function deliveryError(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return error;
  return new DeliveryError(`The file did not take the records: ${error.message}.`, {
    ...{ code: `File.${String(error.code)}`, retryable: true, cause: error },
  });
}
