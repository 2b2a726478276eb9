import type { ApiContext, ApiResponse } from '../../src/api/context.ts';
import type { StreamDefinition, StreamStore } from '../../src/core/streams.ts';
import { alarmOf } from '../../src/host/alarm.ts';
import type { Log } from '../../src/host/log.ts';
import { answerRequest } from '../../src/lambda/answer-request.ts';
import { sharedBuffer } from '../../src/lambda/buffer.ts';
import { lambdaHost } from '../../src/lambda/host.ts';
import type { HostParts, HostUnderTest } from '../kit/api.ts';
import { restEvent } from './gateway-events.ts';
import { modelServices } from './model-services.ts';

/** A minute is more than any request needs. */
const LEFT_MS = 60_000;

/** The API as a function behind a gateway, over models of AWS's services. */
export function functionApi(parts: HostParts, toEvent = restEvent): HostUnderTest {
  const { now, keys, newStreamId, settings } = parts;
  const { rows, objects, wakes } = modelServices(now);
  const { streams, known } = knownStreams(parts);
  const discarding = {
    ...rows,
    // Only to discard all that a stream holds is that asked for.
    held(id: string) {
      const stream = known.get(id);
      if (stream !== undefined) void parts.discard(stream);
      return rows.held(id);
    },
  };
  const log = warnLog(parts.warn);
  const host = lambdaHost(
    { rows: discarding, objects, wakes, streams, keys },
    {
      ...{ now, log, newStreamId, alarm: alarmOf(now), api: settings },
    },
  );
  const functionPorts = { open: async () => host, log };
  let ids = 0;

  return {
    async handle(request): Promise<ApiResponse> {
      const context = { getRemainingTimeInMillis: () => LEFT_MS };
      const { statusCode, headers, body, isBase64Encoded } = await answerRequest(
        functionPorts,
        toEvent(request),
        context,
      );
      return { status: statusCode, headers, body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') };
    },
    buffer: sharedBuffer({ rows, objects, now, newId: () => `test-${++ids}`, leaseUntil: () => now() + LEFT_MS }),
  };
}

/** Functions learn of streams from their store alone, so what is new in there is all that they are told. */
function knownStreams({ streams, changed }: HostParts) {
  const known = new Map<string, StreamDefinition>();
  const told: StreamStore = {
    get: (name) => streams.get(name),
    byId: (id) => streams.byId(id),
    list: () => streams.list(),
    async change(name, decide) {
      const before = await streams.get(name);
      const stream = await streams.change(name, decide);
      if (stream === undefined) return stream;
      known.set(stream.id, stream);
      if (stream.id !== before?.id || stream.version !== before.version) changed(stream);
      return stream;
    },
  };
  return { streams: told, known };
}

function warnLog(warn: ApiContext['warn']): Log {
  const told = (fields: object, sentence: string): void => {
    // What the API warns of has texts for fields; what the host says beside that is in the sentence.
    warn(sentence, fields as Readonly<Record<string, string>>);
  };
  return { debug: () => {}, info: () => {}, warn: told, error: told };
}
