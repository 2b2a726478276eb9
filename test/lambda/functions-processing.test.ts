import { parquetReadObjects } from 'hyparquet';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { compressors } from '../formats/conversion/decompressors.ts';
import { type Behaviour, CREDENTIALS, failFunction, lambdaEndpoint } from '../host/functions/lambda-endpoint.ts';
import { glueEndpoint, glueTable } from '../host/glue/glue-endpoint.ts';
import { aStream } from '../kit/streams.ts';
import { deployment } from './deployment.ts';

const MINUTE_MS = 60_000;

/** A stream whose records a function transforms, with the processor's parameters. */
function transformed(parameters: Readonly<Record<string, string>> = {}) {
  const given: Readonly<Record<string, string>> = {
    LambdaArn: 'arn:aws:lambda:eu-west-1:000000000000:function:clean',
    NumberOfRetries: '2',
    BufferSizeInMBs: '1',
    BufferIntervalInSeconds: '60',
    ...parameters,
  };
  const Parameters = Object.entries(given).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
  }));
  const config: JsonObject = {
    ErrorOutputPrefix: 'errors/',
    ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'Lambda', Parameters }] },
  };
  return aStream({ name: 'clicks', config });
}

async function withFunction(behave: Behaviour) {
  const { endpoint, invoked } = await lambdaEndpoint(behave);
  const functions = await deployment({
    streams: [transformed()],
    environment: { AWS_ENDPOINT_URL_LAMBDA: endpoint },
  });
  return { ...functions, invoked };
}

// The functions' own credentials are found where every AWS tool finds them.
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', CREDENTIALS.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', CREDENTIALS.secretAccessKey);
  vi.stubEnv('AWS_SESSION_TOKEN', CREDENTIALS.sessionToken);
  return () => vi.unstubAllEnvs();
});

describe('records that a function transforms', () => {
  it('are delivered as it gave them back', async () => {
    const { put, run, delivered, invoked } = await withFunction(() => undefined);
    await put('clicks', 'a\n', 'b\n');

    await run(3 * MINUTE_MS);

    expect(await delivered()).toEqual(['a', 'b']);
    expect(invoked).toHaveLength(1);
  });

  it('are given to it once an invocation, and again by later ones until it takes them', async () => {
    let failures = 2;
    const { put, due, clock, container, run, delivered, invoked } = await withFunction((_, answer) =>
      failures-- > 0 ? failFunction(answer, 'Error', 'not yet') : undefined,
    );
    await put('clicks', 'a\n');
    await clock.pass(MINUTE_MS);
    await container().receive(due());

    expect(await container().receive(due())).toEqual({ batchItemFailures: [] });
    expect(invoked).toHaveLength(1);
    await run(3 * MINUTE_MS);

    expect(invoked).toHaveLength(3);
    expect(await delivered()).toEqual(['a']);
  });

  it('go to the error output when it has failed as often as the stream says', async () => {
    const { put, run, delivered, invoked } = await withFunction((_, answer) => failFunction(answer, 'Error', 'never'));
    await put('clicks', 'a\n');

    await run(10 * MINUTE_MS);

    expect(invoked).toHaveLength(3);
    expect((await delivered()).map((line) => JSON.parse(line))).toMatchObject([
      { errorCode: 'Lambda.FunctionError', attemptsMade: 3, rawData: Buffer.from('a\n').toString('base64') },
    ]);
  });
});

it('records are converted to Parquet by the function that delivers them, to a table of Glue', async () => {
  const columns = [['id', 'bigint']] as const;
  const { endpoint } = await glueEndpoint(() => [200, { Table: glueTable(columns) }]);
  const config: JsonObject = {
    DataFormatConversionConfiguration: {
      Enabled: true,
      SchemaConfiguration: { RoleARN: 'arn:r', DatabaseName: 'shop', TableName: 'orders', Region: 'eu-west-1' },
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: { Compression: 'GZIP' } } },
    },
  };
  const { put, run, objects } = await deployment({
    streams: [aStream({ name: 'clicks', config })],
    environment: { AWS_ENDPOINT_URL_GLUE: endpoint },
  });
  await put('clicks', '{"id":1}', '{"id":2}');

  await run(2 * MINUTE_MS);

  const [file, ...others] = await objects();
  const { buffer, byteOffset, byteLength } = file!; // or the reader rejects
  const read = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer; // what readFile gives is not shared
  expect(await parquetReadObjects({ file: read, compressors })).toEqual([{ id: 1n }, { id: 2n }]);
  expect(others).toEqual([]);
});
