import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { DeliveryError } from '../../src/core/errors.ts';
import type { JsonValue } from '../../src/core/json.ts';
import type { Adapters } from '../../src/core/route.ts';
import type { Secrets } from '../../src/core/secrets.ts';
import type { StreamDefinition } from '../../src/core/streams.ts';
import { hostTables } from '../../src/host/glue/host-tables.ts';
import type { Log } from '../../src/host/log.ts';
import { answerRequest } from '../../src/lambda/answer-request.ts';
import { apiSettings } from '../../src/lambda/api-settings.ts';
import { batchWork } from '../../src/lambda/batch-work.ts';
import { type LambdaPorts, lambdaHost } from '../../src/lambda/host.ts';
import { type EventSources, receiveEvents } from '../../src/lambda/receive-events.ts';
import { receiveMessages } from '../../src/lambda/receive-messages.ts';
import { runSchedule } from '../../src/lambda/run-schedule.ts';
import type { Wake } from '../../src/lambda/services.ts';
import { settingsIn } from '../../src/lambda/settings.ts';
import { folderObjects } from '../../src/objects/folder.ts';
import { apiRequest, memoryKeys } from '../kit/api.ts';
import { memoryStreams } from '../kit/memory-streams.ts';
import { virtualClock } from '../kit/virtual-clock.ts';
import { restEvent } from './gateway-events.ts';
import { modelServices } from './model-services.ts';

export const ENVIRONMENT = {
  HYDRANT_BUFFER_TABLE: 'buffer',
  HYDRANT_STREAMS_TABLE: 'streams',
  HYDRANT_KEYS_TABLE: 'keys',
  HYDRANT_STAGING_BUCKET: 'staging',
  HYDRANT_PROCESS_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/process',
  HYDRANT_DELIVER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/deliver',
  HYDRANT_DATA_KEY: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:hydrant',
  HYDRANT_ACCOUNT_ID: '123456789012',
  AWS_REGION: 'eu-central-1',
};

/** How long an invocation may take. */
export const INVOCATION_MS = 60_000;

export interface DeploymentOptions {
  readonly streams: readonly StreamDefinition[];
  /** Further variables of the functions. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Gives what is to deliver in place of the adapters, which it is handed. */
  readonly adapt?: (own: Adapters) => Adapters;
  /** Gives what is to be asked in place of the services, which it is handed. */
  readonly between?: (ports: LambdaPorts) => Partial<LambdaPorts>;
}

/** The functions of a deployment over models of its services, with folders for buckets and a clock that tests move. */
export async function deployment({
  streams: definitions,
  environment = {},
  adapt = (own) => own,
  between = () => ({}),
}: DeploymentOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'hydrant-functions-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const clock = virtualClock(Date.UTC(2026, 0, 15));
  const { now, alarm } = clock;
  const logged: { readonly level: string; readonly fields: object; readonly sentence: string }[] = [];
  const at = (level: string) => (fields: object, sentence: string) => void logged.push({ level, fields, sentence });
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const model = modelServices(now);
  const streams = memoryStreams();
  for (const stream of definitions) await streams.change(stream.name, () => stream);
  const models: LambdaPorts = { ...model, streams, keys: memoryKeys([]) };
  const settings = settingsIn({ ...ENVIRONMENT, HYDRANT_BUCKETS_FOLDER: folder, ...environment });
  const { tables } = hostTables({ own: {}, glue: settings.endpoints.GLUE, now, alarm });
  const { adapters, processing } = await batchWork(settings, { now, alarm, log, secrets: noSecrets, tables });
  const work = { adapters: adapt(adapters), processing };
  const context = { getRemainingTimeInMillis: () => INVOCATION_MS };
  let ids = 0;

  /** A container: what it remembers is its own. */
  function container() {
    const host = lambdaHost(
      { ...models, ...between(models) },
      { work, now, alarm, log, api: apiSettings(settings, tables), newStreamId: () => `stream${++ids}` },
    );
    const ports = { open: async () => host, log };
    return {
      async request(operation: string, input: JsonValue) {
        const { statusCode, body } = await answerRequest(ports, restEvent(apiRequest(operation, input)), context);
        return { status: statusCode, body: JSON.parse(body) };
      },
      receive: (messages: readonly SqsMessage[]) => receiveMessages(ports, sqsEvent(messages), context),
      source: (event: JsonValue, sources: EventSources) => receiveEvents(ports, sources, event, context),
      schedule: (event: JsonValue) => runSchedule(ports, event, context),
    };
  }

  const put = (name: string, ...texts: readonly string[]) =>
    container().request('PutRecordBatch', {
      DeliveryStreamName: name,
      Records: texts.map((text) => ({ Data: Buffer.from(text).toString('base64') })),
    });

  /** Takes the messages that are due out of the queue. */
  function due(): readonly SqsMessage[] {
    const { messages } = model.state;
    const taken = messages.filter((message) => message.at <= now());
    for (const message of taken) messages.splice(messages.indexOf(message), 1);
    return taken.map(({ wake }) => messageOf(wake));
  }

  async function objects(): Promise<readonly Buffer[]> {
    const found: Buffer[] = [];
    for await (const { path } of (await folderObjects({ folder, isShared: true })).list('lake')) {
      found.push(await readFile(path));
    }
    return found;
  }

  return {
    clock,
    logged,
    model,
    container,
    put,
    due,
    /** Lets messages be received when they are due, each by a container of its own, until none is due for so long. */
    async run(forMs: number): Promise<void> {
      for (const end = now() + forMs; ; ) {
        const messages = due();
        for (const message of messages) await container().receive([message]);
        if (messages.length > 0) continue;
        const next = Math.min(...model.state.messages.map((message) => message.at));
        if (next > end) return clock.pass(end - now());
        await clock.pass(next - now());
      }
    },
    objects,
    /** The records in the bucket, a line each. */
    async delivered(): Promise<readonly string[]> {
      const lines = (await objects()).flatMap((object) => object.toString().split('\n'));
      return lines.filter((line) => line !== '').sort();
    },
  };
}

const noSecrets: Secrets = async (arn) => {
  throw new DeliveryError(`There is no secret ${arn}.`, { code: 'Hydrant.SecretUnavailable', retryable: true });
};

export interface SqsMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount?: string };
}

let messages = 0;

export function messageOf(wake: Wake | string, receiveCount = 1): SqsMessage {
  return {
    messageId: `message-${++messages}`,
    body: typeof wake === 'string' ? wake : JSON.stringify(wake),
    attributes: { ApproximateReceiveCount: String(receiveCount) },
  };
}

function sqsEvent(records: readonly SqsMessage[]): object {
  return { Records: records.map((record) => ({ ...record, eventSource: 'aws:sqs', awsRegion: 'eu-central-1' })) };
}
