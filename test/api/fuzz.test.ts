import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/api/operations/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json.ts';
import { hintsOf } from '../../src/core/settings.ts';
import type { DestinationKind } from '../../src/core/streams.ts';
import { apiRequest, testApi } from '../kit/api.ts';
import { BACKUP, createInput, LAMBDA_ARN, LEAST, processing, processor, ROLE } from './inputs.ts';

const operation = fc.constantFrom(...OPERATIONS.keys());
const kind = fc.constantFrom(...(Object.keys(LEAST) as DestinationKind[]));

/** Values that members of the API have, and values that none should have. */
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue[]>(
    null,
    true,
    false,
    0,
    1,
    59,
    63,
    64,
    128,
    901,
    -1,
    1e300,
    0.5,
    '',
    ' ',
    'a',
    '!{',
    'Enabled',
    'Disabled',
  ),
  fc.constantFrom<JsonValue[]>(
    'GZIP',
    'Snappy',
    'AllData',
    'AllEvents',
    'zstd',
    ROLE,
    'NaN',
    '__proto__',
    'https://a:1',
    BACKUP,
  ),
  fc.constantFrom<JsonValue[]>(
    '!{timestamp:yyyy}/',
    '!{partitionKeyFromQuery:a}',
    '!{firehose:error-output-type}/',
    'Etc/UTC',
  ),
  fc.jsonValue({ maxDepth: 4 }).map((json) => json as JsonValue),
  fc.string({ unit: 'binary' }),
);

const PROCESSING = processing(processor('Lambda', { LambdaArn: LAMBDA_ARN }), processor('AppendDelimiterToRecord'));

/** A valid configuration with more in it than the least. */
const config = kind.map((destination): readonly [DestinationKind, JsonObject] => [
  destination,
  {
    ...LEAST[destination],
    BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 },
    CloudWatchLoggingOptions: { Enabled: true, LogGroupName: 'g', LogStreamName: 's' },
    ProcessingConfiguration: PROCESSING,
    RetryOptions: { DurationInSeconds: 300 },
    ...(destination === 'ExtendedS3' && {
      Prefix: 'a/',
      S3BackupMode: 'Enabled',
      S3BackupConfiguration: BACKUP,
      DynamicPartitioningConfiguration: { Enabled: false },
      DataFormatConversionConfiguration: { Enabled: false, InputFormatConfiguration: { Deserializer: {} } },
    }),
  },
]);

/** Up to three values somewhere in the object replaced; steps choose the way down. */
const mutations = fc.array(fc.tuple(fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }), value), { maxLength: 3 });

function mutate(json: JsonValue, steps: readonly number[], replacement: JsonValue): JsonValue {
  const [step, ...rest] = steps;
  if (step === undefined) return replacement;
  if (Array.isArray(json) && json.length > 0) {
    return json.map((item, i) => (i === step % json.length ? mutate(item, rest, replacement) : item));
  }
  const keys = isJsonObject(json) ? Object.keys(json) : [];
  if (!isJsonObject(json) || keys.length === 0) return replacement;
  const key = keys[step % keys.length]!; // It has keys.
  return { ...json, [key]: mutate(json[key] ?? null, rest, replacement) };
}

function mutated(input: JsonObject, changes: readonly (readonly [readonly number[], JsonValue])[]): JsonValue {
  return changes.reduce<JsonValue>((json, [steps, replacement]) => mutate(json, steps, replacement), input);
}

function isAnswer({ status, body }: { readonly status: number; readonly body: JsonObject }): boolean {
  return status === 200 ? body.__type === undefined : status >= 400 && status < 500 && typeof body.__type === 'string';
}

describe('whatever is sent, the answer is an answer', () => {
  test('to bytes that mean nothing', async () => {
    await fc.assert(
      fc.asyncProperty(operation, fc.uint8Array({ maxLength: 200 }), async (name, body) => {
        expect(await testApi().send({ ...apiRequest(name, {}), body })).toSatisfy(isAnswer);
      }),
      { numRuns: 300 },
    );
  });

  test('to any method, path and headers', async () => {
    const header = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string(), { maxLength: 2 }));
    const names = fc.constantFrom('content-type', 'x-amz-target', 'content-encoding', 'authorization', 'host');
    await fc.assert(
      fc.asyncProperty(operation, fc.string(), fc.dictionary(names, header), async (name, text, headers) => {
        const request = apiRequest(name, {});
        const sent = { ...request, headers: { ...request.headers, ...headers } };
        expect(await testApi().send(sent)).toSatisfy(isAnswer);
        expect(await testApi().send({ ...sent, url: `/?${text}` })).toSatisfy(isAnswer);
        expect(await testApi().send({ ...sent, method: text })).toSatisfy(isAnswer);
      }),
      { numRuns: 100 },
    );
  });

  test('to any JSON for any operation', async () => {
    const members = fc.constantFrom(
      'DeliveryStreamName',
      'Limit',
      'Tags',
      'TagKeys',
      'Record',
      'Records',
      'Hydrant',
      'Extra',
    );
    await fc.assert(
      fc.asyncProperty(operation, fc.dictionary(members, value), async (name, input) => {
        const { output, call } = testApi();
        await output('CreateDeliveryStream', createInput('ExtendedS3', {}, { DeliveryStreamName: 'a' }));

        expect(await call(name, input)).toSatisfy(isAnswer);
        expect(await call(name, { ...input, DeliveryStreamName: 'a' })).toSatisfy(isAnswer);
      }),
      { numRuns: 500 },
    );
  });

  test('to damaged creates; and what was created can be described, delivered by, and updated by nothing', async () => {
    await fc.assert(
      fc.asyncProperty(config, mutations, async ([destination, changed], changes) => {
        const { call, streams } = testApi();

        const created = await call('CreateDeliveryStream', mutated(createInput(destination, changed), changes));

        expect(created).toSatisfy(isAnswer);
        const [stream] = await streams.list();
        if (stream === undefined) return;
        for (const stage of ['process', 'deliver', 'error', 'backup'] as const) {
          expect(hintsOf(stream, stage).sizeBytes).toBeGreaterThan(0);
        }
        const name = { DeliveryStreamName: stream.name };
        expect((await call('DescribeDeliveryStream', name)).status).toBe(200);
        const updated = await call('UpdateDestination', {
          ...name,
          CurrentDeliveryStreamVersionId: '1',
          DestinationId: 'destinationId-000000000001',
          [`${stream.destination.kind}DestinationUpdate`]: {},
        });
        expect([updated.status, updated.body]).toEqual([200, {}]);
        expect((await streams.get(stream.name))?.version).toBe(1);
      }),
      { numRuns: 1_000 },
    );
  });

  test('to damaged updates; and a refused one leaves the stream alone', async () => {
    await fc.assert(
      fc.asyncProperty(config, config, mutations, async ([from, stored], [to, given], changes) => {
        const { output, call, streams } = testApi();
        await output('CreateDeliveryStream', createInput(from, stored));
        const before = await streams.get('clicks');
        const { S3Configuration, S3BackupConfiguration, ...members } = given;

        const update: JsonObject = {
          ...members,
          ...(S3Configuration && { S3Update: S3Configuration }),
          ...(S3BackupConfiguration && { S3BackupUpdate: S3BackupConfiguration }),
        };
        const answer = await call('UpdateDestination', {
          DeliveryStreamName: 'clicks',
          CurrentDeliveryStreamVersionId: '1',
          DestinationId: 'destinationId-000000000001',
          [`${to}DestinationUpdate`]: mutated(update, changes),
        });

        expect(answer).toSatisfy(isAnswer);
        const after = await streams.get('clicks');
        if (answer.status !== 200) expect(after).toBe(before);
        else expect(hintsOf(after!, 'deliver').sizeBytes).toBeGreaterThan(0); // Updates delete nothing.
      }),
      { numRuns: 500 },
    );
  });
});
