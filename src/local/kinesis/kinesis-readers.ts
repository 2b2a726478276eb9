import { isJsonObject } from '../../core/json.ts';
import type { StreamDefinition, StreamStore } from '../../core/streams.ts';
import type { OpenReader } from '../sources/stream-sources.ts';
import { turns } from '../sources/turns.ts';
import type { KinesisApi, KinesisStream } from './kinesis-api.ts';
import { type StreamReaderPorts, streamReader } from './stream-reader.ts';

export interface KinesisReadersPorts extends Omit<StreamReaderPorts, 'api' | 'turns' | 'streamById'> {
  /** Without it nothing is read, and who creates such a stream is told. */
  readonly api: KinesisApi | undefined;
  readonly streams: StreamStore;
}

/** An answer has up to 10 MiB, and some three times that while it is taken apart. */
const ANSWERS_AT_ONCE = 4;

const NOT_CONFIGURED =
  'Kinesis, and the configuration says nothing of it. Set kinesis: true for AWS, or kinesis.endpoint.';

/** Feeds the streams whose source is a Kinesis stream. */
export function kinesisReaders(ports: KinesisReadersPorts): OpenReader {
  const { api, streams } = ports;
  const shared = { ...ports, turns: turns(ANSWERS_AT_ONCE), streamById: streams.byId };

  return (stream) => {
    const source = kinesisStreamOf(stream);
    if (source === undefined) return undefined;
    if (api !== undefined) return streamReader(stream, source, { ...shared, api });
    ports.report({ type: 'unread', stream, missing: NOT_CONFIGURED });
    return undefined;
  };
}

function kinesisStreamOf({ source }: StreamDefinition): KinesisStream | undefined {
  const config = source?.KinesisStreamSourceConfiguration;
  if (!isJsonObject(config) || typeof config.KinesisStreamARN !== 'string') return undefined;
  const arn = config.KinesisStreamARN;
  // The API takes no other form: arn:aws:kinesis:<region>:<account>:stream/<name>
  return { arn, region: arn.split(':')[3] ?? '', name: arn.slice(arn.lastIndexOf('/') + 1) };
}
