import { afterEach, describe, expect, it } from 'vitest';
import httpEndpoint from '../../destinations/http-endpoint.ts';
import { type Guide, guides } from '../../src/cli/destination-guide.ts';
import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { heldSecrets } from '../../src/local/held-secrets.ts';
import { testApi } from '../kit/api.ts';
import { type FarRequest, type FarSide, farSide } from '../kit/far-side.ts';
import { sliceOf } from './slice.ts';

const MIB = 1024 * 1024;

/** What a partner's page says that it refuses; undefined when it takes the request. */
type Rules = (request: PartnerRequest) => string | undefined;

interface PartnerRequest extends FarRequest {
  /** As it came over the wire. */
  readonly sentBytes: number;
  readonly url: URL;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Of the records, out of base64. */
  readonly recordBytes: number;
}

const keyIs =
  (key: string): Rules =>
  ({ headers }) =>
    headers['x-amz-firehose-access-key'] === key ? undefined : '403 key';

const pathIs =
  (pattern: RegExp): Rules =>
  ({ url }) =>
    pattern.test(url.pathname) ? undefined : '404 path';

/** The rules of each partner, with where they are from. What AWS's page alone says has no other source. */
const RULES: Readonly<Record<string, readonly Rules[]>> = {
  // https://coralogix.com/docs/guide-first-steps-coralogix/
  coralogix: [
    keyIs('CORALOGIX_KEY'),
    pathIs(/^\/aws\/firehose$/),
    ({ attributes }) => named(attributes, 'applicationName'),
  ],
  // https://docs.datadoghq.com/api/latest/logs/: at most 5 MB without compression.
  datadog: [
    keyIs('DATADOG_API_KEY'),
    pathIs(/^\/v1\/input$/),
    ({ recordBytes }) => (recordBytes > 5_000_000 ? '413 content' : undefined),
  ],
  // Dynatrace's page on CloudWatch metric streams, as linked in AWS's: the attributes to be set.
  dynatrace: [keyIs('DYNATRACE_TOKEN'), ({ attributes }) => named(attributes, 'dt-url')],
  // https://www.elastic.co/docs/reference/integrations/awsfirehose: http.max_content_length is 100 MB.
  elastic: [
    keyIs('ELASTIC_API_KEY'),
    ({ body }) => (body.length > 100_000_000 ? '413 content' : undefined),
    ({ attributes }) => named(attributes, 'es_datastream_name'),
  ],
  // https://docs.honeycomb.io/getting-data-in/metrics/aws-cloudwatch-metrics/: GZIP is to be chosen.
  honeycomb: [keyIs('HONEYCOMB_API_KEY'), pathIs(/^\/1\/kinesis_events\/clicks$/), isGzip],
  logicmonitor: [keyIs('LOGICMONITOR_API_KEY')],
  // https://docs.logz.io: content encoding is to be disabled.
  'logz-io': [keyIs('LOGZIO_SHIPPING_TOKEN'), (request) => (isGzip(request) === undefined ? '400 gzip' : undefined)],
  mongodb: [
    keyIs('MONGODB_API_KEY'),
    pathIs(/\/incoming_webhook\/clicks$/),
    ({ recordBytes }) => (recordBytes > 16 * MIB ? '413 content' : undefined),
  ],
  // https://docs.newrelic.com/docs/logs/log-api/introduction-log-api/#limits: 1,000,000 bytes a request, as it is sent.
  'new-relic': [
    keyIs('0123456789abcdef0123456789abcdef0123NRAL'),
    pathIs(/^\/firehose\/v1$/),
    ({ sentBytes }) => (sentBytes > 1_000_000 ? '413 content' : undefined),
  ],
  'splunk-observability': [keyIs('SPLUNK_ACCESS_TOKEN'), pathIs(/^\/v1\/cloudwatch_metric_stream$/)],
  // https://help.sumologic.com/docs/send-data/hosted-collectors/amazon-aws/aws-kinesis-firehose-logs-source/
  'sumo-logic': [pathIs(/^\/receiver\/v1\/kinesis\/log\/TOKEN$/)],
};

function isGzip({ headers }: FarRequest): string | undefined {
  return headers['content-encoding'] === 'gzip' ? undefined : '415 encoding';
}

function named(attributes: PartnerRequest['attributes'], name: string): string | undefined {
  return typeof attributes[name] === 'string' && attributes[name] !== '' ? undefined : `400 without ${name}`;
}

const open: FarSide[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** A server that has the partner's rules, and keeps the records it takes. */
async function partnerServer(rules: readonly Rules[]) {
  const held: Buffer[] = [];
  const far = await farSide((request, response) => {
    const { headers, path, body } = request;
    const { requestId, records } = JSON.parse(`${body}`) as { requestId: string; records: { data: string }[] };
    const data = records.map((record) => Buffer.from(record.data, 'base64'));
    const { commonAttributes } = JSON.parse(String(headers['x-amz-firehose-common-attributes'] ?? '{}'));
    const asked = {
      ...request,
      sentBytes: Number(headers['content-length']),
      url: new URL(path, 'https://partner'),
      attributes: isJsonObject(commonAttributes) ? commonAttributes : {},
      recordBytes: data.reduce((sum, { length }) => sum + length, 0),
    };
    const refusals = rules.map((rule) => rule(asked)).filter((each) => each !== undefined);
    const [errorMessage] = refusals;
    if (errorMessage === undefined) held.push(...data);
    response.writeHead(Number(errorMessage?.slice(0, 3) ?? 200), { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ requestId, timestamp: Date.now(), ...(errorMessage && { errorMessage }) }));
  });
  open.push(far);
  return { url: far.url, held };
}

/** The stream as it is stored once it is created, but for the server. */
async function storedAt(server: string, { stream, configuredAs }: Guide, changes: JsonObject): Promise<JsonObject> {
  const api = testApi();
  const config = stream[configuredAs];
  await api.output('CreateDeliveryStream', {
    ...stream,
    [configuredAs]: { ...(isJsonObject(config) && config), ...changes },
  });
  const stored = (await api.streams.get('clicks'))?.destination.config ?? {};
  const { EndpointConfiguration: endpoint } = stored;
  const { pathname, search } = new URL(isJsonObject(endpoint) ? String(endpoint.Url) : '');
  return {
    ...stored,
    EndpointConfiguration: { ...(isJsonObject(endpoint) && endpoint), Url: `${server}${pathname}${search}` },
  };
}

const destination = httpEndpoint({ now: Date.now, secrets: heldSecrets({}) });
const never = new AbortController().signal;

/** Lines of a log, as many as a request may hold. */
function records(config: JsonObject): readonly string[] {
  const line = (i: number) =>
    `${i} ${Math.sin(i)} GET /checkout/cart/items 200 ${'Mozilla/5.0 (X11; Linux x86_64) '.repeat(32)}`;
  const { bytes } = destination.limits?.(config) ?? { bytes: 0 };
  return Array.from({ length: Math.floor(bytes / 1_100) }, (_, i) => line(i).slice(0, 1_100).padEnd(1_100, '.'));
}

describe.each(guides().filter(({ partner }) => partner))('$title', (guide) => {
  const rules = RULES[guide.name] ?? [];

  it('takes a full request of a stream with its preset, and every record of it', async () => {
    const { url, held } = await partnerServer(rules);
    const config = await storedAt(url, guide, {});
    const sent = records(config);

    await destination.deliver(sliceOf({ config, records: sent }), never);

    expect(rules.length).toBeGreaterThan(0);
    expect(held.map(String)).toEqual(sent);
  });
});

describe('a server with the rules of a partner', () => {
  it.each<[string, JsonObject, RegExp]>([
    [
      'new-relic',
      { BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 }, RequestConfiguration: { ContentEncoding: 'NONE' } },
      /413/,
    ],
    ['honeycomb', { RequestConfiguration: { ContentEncoding: 'NONE' } }, /415/],
    ['logz-io', { RequestConfiguration: { ContentEncoding: 'GZIP' } }, /400/],
    ['coralogix', { RequestConfiguration: { ContentEncoding: 'GZIP' } }, /400/],
  ])('refuses a stream that departs from what %s asks for', async (name, changes, status) => {
    const guide = guides().find((each) => each.name === name)!; // they are all there
    const { url } = await partnerServer(RULES[name] ?? []);
    const config = await storedAt(url, guide, changes);

    const outcome = await destination.deliver(sliceOf({ config, records: records(config) }), never).then(
      () => '',
      (error: unknown) => String(error),
    );

    expect(outcome).toMatch(status);
  });
});
