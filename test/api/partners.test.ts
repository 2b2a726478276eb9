import { describe, expect, it } from 'vitest';
import { guides } from '../../src/cli/destination-guide.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { testApi } from '../kit/api.ts';
import { createInput, destinationIn, SECRET } from './inputs.ts';

const DATADOG = 'https://aws-kinesis-http-intake.logs.datadoghq.com/v1/input';
const NEW_RELIC = 'https://aws-api.newrelic.com/firehose/v1';
const LICENCE = '0123456789abcdef0123456789abcdef0123NRAL';
const DYNATRACE = 'https://aws.cloud.dynatrace.com/';
const DT_URL = { CommonAttributes: [{ AttributeName: 'dt-url', AttributeValue: 'https://abc.live.dynatrace.com' }] };

const endpoint = (Url: string, AccessKey: string | null = 'key', changes: JsonObject = {}) =>
  createInput('HttpEndpoint', { EndpointConfiguration: { Url, ...(AccessKey !== null && { AccessKey }) }, ...changes });

/** What Describe shows of a stream that says nothing but the URL, the key and these. */
async function described(input: JsonObject) {
  const api = testApi();
  await api.output('CreateDeliveryStream', input);
  return destinationIn(await api.output('DescribeDeliveryStream', { DeliveryStreamName: 'clicks' }))
    .HttpEndpointDestinationDescription;
}

async function refusal(input: JsonObject): Promise<unknown> {
  const { status, body } = await testApi().call('CreateDeliveryStream', input);
  return status === 200 ? undefined : `${body.__type}: ${body.message}`;
}

const preset = (SizeInMBs: number, ContentEncoding: string, DurationInSeconds = 300) => ({
  BufferingHints: { SizeInMBs, IntervalInSeconds: 60 },
  RequestConfiguration: { ContentEncoding },
  RetryOptions: { DurationInSeconds },
});

describe("a partner's URL", () => {
  it.each<[string, JsonObject, object]>([
    [DATADOG, {}, preset(4, 'GZIP', 60)],
    [
      'https://aws-kinesis-http-intake.logs.us5.datadoghq.com/api/v2/logs?dd-protocol=aws-kinesis-firehose',
      {},
      preset(4, 'GZIP', 60),
    ],
    ['https://aws-kinesis-http-intake.logs.ddog-gov.com/v1/input', {}, preset(4, 'GZIP', 60)],
    ['https://awsmetrics-intake.datadoghq.eu/v1/input', {}, preset(4, 'GZIP', 60)],
    ['https://ingress.eu1.coralogix.com/aws/firehose', {}, preset(6, 'GZIP')],
    ['https://firehose-ingress.coralogixsg.com/firehose', {}, preset(6, 'GZIP')],
    ['https://ingress.app.coralogix.in/aws/firehose', {}, preset(6, 'GZIP')],
    ['https://api.honeycomb.io/1/kinesis_events/clicks', {}, preset(15, 'GZIP')],
    ['https://webhooks.mongodb-realm.com/api/client/v2.0/app/a/service/s/incoming_webhook/w', {}, preset(5, 'NONE')],
    ['https://us1.sumologic.net/receiver/v1/kinesis/log/abc', {}, preset(1, 'GZIP')],
    ['https://listener-aws-metrics-stream-us.logz.io/', {}, preset(5, 'NONE', 60)],
    ['https://acme.logicmonitor.com', {}, preset(5, 'NONE')],
    ['https://abc.es.us-east-1.aws.elastic-cloud.com', {}, preset(1, 'GZIP', 60)],
    ['https://ingest.us0.signalfx.com/v1/cloudwatch_metric_stream', {}, preset(1, 'GZIP')],
  ])('%s gets what AWS console sets', async (url, changes, expected) => {
    expect(await described(endpoint(url, 'key', changes))).toMatchObject(expected);
  });

  it('gets what New Relic and Dynatrace ask for', async () => {
    expect(await described(endpoint(NEW_RELIC, LICENCE))).toMatchObject(preset(1, 'GZIP', 60));
    const dynatrace = await described(endpoint(DYNATRACE, 'token', { RequestConfiguration: DT_URL }));
    expect(dynatrace).toMatchObject({
      ...preset(5, 'GZIP'),
      RequestConfiguration: { ContentEncoding: 'GZIP', ...DT_URL },
    });
  });

  it('changes nothing that the stream says', async () => {
    const own = {
      BufferingHints: { SizeInMBs: 2, IntervalInSeconds: 5 },
      RequestConfiguration: { ContentEncoding: 'NONE' },
      RetryOptions: { DurationInSeconds: 7_200 },
    };

    expect(await described(endpoint(DATADOG, 'key', own))).toMatchObject(own);
  });

  it.each([
    'https://collector.example.com/v1/input',
    'https://aws-kinesis-http-intake.logs.datadoghq.com.example.com/v1/input',
    'https://http-intake.logs.datadoghq.com/v1/input',
    'https://endpoint1.collection.sumologic.com/receiver/v1/http/abc',
    'https://acme.logicmonitor.com/rest/log/ingest',
    'https://api.honeycomb.io/1/batch/clicks',
    'https://abc.es.us-east-1.aws.elastic-cloud.com/_bulk',
  ])('is not %s, which is an endpoint like any other', async (url) => {
    expect(await described(endpoint(url, null))).toMatchObject({
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
      RequestConfiguration: { ContentEncoding: 'NONE' },
      RetryOptions: { DurationInSeconds: 300 },
    });
  });
});

describe('what a partner would refuse each time', () => {
  it.each<[string, JsonObject, string]>([
    [
      'no key',
      endpoint(DATADOG, null),
      'Datadog needs a Datadog API key: give it as EndpointConfiguration.AccessKey, or as the api_key of a secret with SecretsManagerConfiguration.',
    ],
    [
      'an empty key',
      endpoint(DATADOG, ''),
      'Datadog needs a Datadog API key: give it as EndpointConfiguration.AccessKey, or as the api_key of a secret with SecretsManagerConfiguration.',
    ],
    [
      'a key that is none',
      endpoint(NEW_RELIC, 'open sesame'),
      'EndpointConfiguration.AccessKey must be a licence key of New Relic, of 40 letters and digits.',
    ],
    [
      'requests that are too large',
      endpoint(DATADOG, 'key', { BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 } }),
      'Datadog takes requests of at most 4 MB: BufferingHints.SizeInMBs must be 4 or less.',
    ],
    [
      'no environment',
      endpoint(DYNATRACE, 'token'),
      'Dynatrace needs the common attribute dt-url, the URL of your environment, such as https://abc12345.live.dynatrace.com: add it to RequestConfiguration.CommonAttributes.',
    ],
    [
      'no dataset',
      endpoint('https://api.honeycomb.io/1/kinesis_events/'),
      'Honeycomb does not take records at the path of this URL. Its form is https://api.honeycomb.io/1/kinesis_events/<dataset>.',
    ],
    [
      'no token in the URL',
      endpoint('https://us1.sumologic.net/receiver/v1/kinesis/log', null),
      'Sumo Logic does not take records at the path of this URL. Its form is https://<deployment>.sumologic.net/receiver/v1/kinesis/<log or metric>/<token>.',
    ],
  ])('is refused at create: %s', async (_, input, message) => {
    expect(await refusal(input)).toBe(`InvalidArgumentException: ${message}`);
  });

  it('is no key in the configuration, where a secret has it', async () => {
    const SecretsManagerConfiguration = { Enabled: true, SecretARN: SECRET };

    expect(await refusal(endpoint(NEW_RELIC, null, { SecretsManagerConfiguration }))).toBeUndefined();
  });

  it('is refused at an update as well, and the stream stays as it was', async () => {
    const api = testApi();
    await api.output('CreateDeliveryStream', endpoint(DATADOG));
    const { status, body } = await api.call('UpdateDestination', {
      DeliveryStreamName: 'clicks',
      CurrentDeliveryStreamVersionId: '1',
      DestinationId: 'destinationId-000000000001',
      HttpEndpointDestinationUpdate: { BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 } },
    });

    expect({ status, message: body.message }).toMatchObject({
      status: 400,
      message: 'Datadog takes requests of at most 4 MB: BufferingHints.SizeInMBs must be 4 or less.',
    });
    expect((await api.streams.get('clicks'))?.version).toBe(1);
  });
});

describe('the streams that hydrant destinations shows', () => {
  it.each(guides())('create: $title', async ({ name, stream }) => {
    // These are as the configuration file has them.
    const url = ['own', 'file', 'stdout'].includes(name) ? { refusesUrl: () => undefined } : {};

    expect(await testApi(url).call('CreateDeliveryStream', stream)).toMatchObject({ status: 200 });
  });

  it.each(guides().filter(({ partner }) => partner))(
    'have no other values than without them: $title',
    async (guide) => {
      const { EndpointConfiguration, RequestConfiguration } = guide.stream[guide.configuredAs] as Record<
        string,
        JsonObject
      >;
      const { CommonAttributes = null } = RequestConfiguration ?? {};
      const least = createInput('HttpEndpoint', {
        EndpointConfiguration: EndpointConfiguration ?? {},
        ...(CommonAttributes !== null && { RequestConfiguration: { CommonAttributes } }),
      });
      const { S3DestinationDescription: _, ...shown } = (await described(guide.stream)) ?? {};

      expect(await described(least)).toMatchObject(shown);
    },
  );
});
