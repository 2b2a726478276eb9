import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { deploymentJson } from '../../src/lambda/aws/data-key.ts';
import { createTableKey } from '../../src/lambda/aws/dynamo-keys.ts';
import { sandbox } from '../e2e/hydrant.ts';
import { endOffline, offlineFunctions } from '../e2e/offline.ts';
import { packaged } from '../e2e/packaged.ts';
import { type FarSide, farSide } from '../kit/far-side.ts';
import { type CallRecorder, callRecorder } from './call-recorder.ts';
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
  DataKey: '*',
};

/** What only AWS itself, or only a setup that no emulator has, calls for; with who calls. */
const UNSEEN: readonly (readonly [action: RegExp, reason: string])[] = [
  [/^logs:/, 'Lambda writes what a function prints'],
  [/^sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$/, 'Lambda takes messages with the role of the function'],
  [/^s3:AbortMultipartUpload$/, 'only when an upload of many parts breaks off'],
];

describe('the roles of the functions', () => {
  let server: Awaited<ReturnType<S3Server['start']>> | undefined;
  let lambda: FarSide | undefined;
  let recorder: CallRecorder | undefined;
  let places: Awaited<ReturnType<typeof sandbox>> | undefined;
  beforeAll(async () => {
    if (!moto.tool.found) return;
    places = await sandbox();
    server = await moto.start();
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
    await server?.stop();
    await places?.clear();
  });

  itWith([moto.tool], 'allow what the functions call, and nothing that they do not', async () => {
    const allowed = allowedActions((await packaged()).template, NAMES, ['MakesBucket']);
    recorder = await callRecorder((service) => String(service === 'lambda' ? lambda?.url : server?.endpoint));
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

    await everything({ offline, key, account: made });

    const calls = recorder.calls.filter(({ by }) => by in ROLES);
    const denied = calls.filter(
      ({ by, ...call }) => !allowed.some((each) => each.role === ROLES[by] && allows(each, call)),
    );
    expect(new Set(denied.map(({ by, action, resource }) => `${by} ${action} ${resource}`))).toEqual(new Set());
    const unused = allowed.filter(
      (each) => !calls.some(({ by, ...call }) => each.role === ROLES[by] && allows(each, call)),
    );
    const unexplained = unused.filter(({ action }) => !UNSEEN.some(([pattern]) => pattern.test(action)));
    expect(unexplained.map(({ role, action, resources }) => `${role} ${action} ${resources}`)).toEqual([]);
  });
});
