import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { deploymentJson } from '../../src/lambda/aws/data-key.ts';
import { createTableKey } from '../../src/lambda/aws/dynamo-keys.ts';
import { dynamoStreams } from '../../src/lambda/aws/dynamo-streams.ts';
import { sandbox } from '../e2e/hydrant.ts';
import { endOffline, offlineFunctions } from '../e2e/offline.ts';
import { packaged } from '../e2e/packaged.ts';
import { type FarSide, farSide } from '../kit/far-side.ts';
import { startDynalite } from '../lambda/aws/emulated-dynamo.ts';
import { type CallRecorder, callRecorder } from './call-recorder.ts';
import { cutOffPut } from './cut-off-put.ts';
import { account, DATA_KEY, everything } from './every-call.ts';
import { allowedActions, allows } from './role-policies.ts';
import { moto, type S3Server } from './s3-servers.ts';
import { itWith } from './tools.ts';

const ROLES: Readonly<Record<string, string>> = {
  'hydrant-dev-api': 'ApiRole',
  'hydrant-dev-process': 'ProcessRole',
  'hydrant-dev-deliver': 'DeliverRole',
  'hydrant-dev-sweep': 'SweepRole',
};

/** What the template's names are on this machine. */
const NAMES = {
  BufferTable: 'table/BufferTable',
  StreamsTable: 'table/StreamsTable',
  KeysTable: 'table/KeysTable',
  StagingBucket: 'hydrant-staging',
  DeliveryBucket: 'lake',
  DataKey: 'data-key-*',
};

/** What only AWS itself calls, or a function when something else has gone wrong, by `<role> <action> <resource>`. */
const UNSEEN: readonly (readonly [call: RegExp, reason: string])[] = [
  [/ logs:/, 'Lambda writes what a function prints'],
  [/ sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) /, 'Lambda takes messages with the role of the function'],
  [/ s3:AbortMultipartUpload /, 'only when an upload of many parts breaks off'],
  [/^DeliverRole s3:GetObject lake/, 'only when an attempt ended in doubt: whether its object is there'],
  [/^ApiRole s3:GetObject hydrant-staging/, 'only for rows that are too long for the table, when a stream is deleted'],
  [/^SweepRole s3:(Get|Put)Object hydrant-staging/, 'only for rows that are too long for the table, after a crash'],
  [/^SweepRole s3:DeleteObject hydrant-staging/, 'only for what has been left for a day'],
];

describe('the roles of the functions', () => {
  let server: Awaited<ReturnType<S3Server['start']>> | undefined;
  /** Moto leaves out what a query fetches beside the index. */
  let tables: Awaited<ReturnType<typeof startDynalite>> | undefined;
  let lambda: FarSide | undefined;
  let recorder: CallRecorder | undefined;
  let places: Awaited<ReturnType<typeof sandbox>> | undefined;
  beforeAll(async () => {
    if (!moto.tool.found) return;
    places = await sandbox();
    server = await moto.start();
    tables = await startDynalite();
    lambda = await farSide(({ body }, response) => {
      const { records } = JSON.parse(body.toString());
      const answered = records.map((record: object) => ({ ...record, result: 'Ok' }));
      response.end(JSON.stringify({ records: answered }));
    });
  });
  afterAll(async () => {
    endOffline();
    await recorder?.stop();
    await lambda?.close();
    await tables?.stop();
    await server?.stop();
    await places?.clear();
  });

  itWith([moto.tool], 'allow what the functions call, and nothing that they do not', async () => {
    const allowed = allowedActions((await packaged()).template, NAMES, ['MakesBucket']);
    const others: Readonly<Record<string, string | undefined>> = { lambda: lambda?.url, dynamodb: tables?.endpoint };
    recorder = await callRecorder((service) => others[service] ?? String(server?.endpoint));
    const { endpoint } = recorder;
    const made = await account(endpoint);
    const offline = await offlineFunctions((await places?.newFolder()) ?? '', {
      parameters: ['unsigned=refuse'],
      env: { AWS_ENDPOINT_URL: endpoint, HYDRANT_DATA_KEY: made.dataKey },
    });
    const credentials = { accessKeyId: 'admin', secretAccessKey: 'any' };
    const dynamo = new DynamoDB({ endpoint, region: 'us-east-1', credentials });
    const json = deploymentJson({ place: made.dataKey, secrets: async () => DATA_KEY });
    const table = { client: async () => dynamo, table: 'KeysTable', json, now: Date.now };
    const key = await createTableKey(table, {
      userName: 'admin',
      actions: ['*'],
      streams: ['*'],
      hasSessionToken: false,
    });

    const definitions = dynamoStreams({ client: async () => dynamo, table: 'StreamsTable', json });
    await everything({
      ...{ offline, key, account: made },
      async cutOff(streamName) {
        const { id = '' } = (await definitions.get(streamName)) ?? {};
        await cutOffPut(dynamo, 'BufferTable', id);
      },
    });

    const calls = recorder.calls.filter(({ by }) => by in ROLES);
    const denied = calls.filter(
      ({ by, ...call }) => !allowed.some((each) => each.role === ROLES[by] && allows(each, call)),
    );
    expect(new Set(denied.map(({ by, action, resource }) => `${by} ${action} ${resource}`))).toEqual(new Set());
    const unused = allowed.filter(
      (each) => !calls.some(({ by, ...call }) => each.role === ROLES[by] && allows(each, call)),
    );
    const names = unused.map(({ role, action, resources }) => `${role} ${action} ${resources}`);
    expect(names.filter((each) => !UNSEEN.some(([pattern]) => pattern.test(each)))).toEqual([]);
  });
});
