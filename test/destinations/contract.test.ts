import httpEndpoint from '../../destinations/http-endpoint.ts';
import splunk from '../../destinations/splunk.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type DestinationUnderTest, describeDestination, SECRET } from '../kit/destination.ts';

const secrets = async () => ({});
const HINTS = { SizeInMBs: 5, IntervalInSeconds: 60 };

/** Any bytes, those of a line feed, of no text and none at all among them. */
const anyBytes = (number: number) => Buffer.from([...Buffer.from(`${number}`), 0, 10, 0xff, number % 256]);

for (const ContentEncoding of ['NONE', 'GZIP']) {
  describeDestination({
    name: `HTTP endpoint, content encoding ${ContentEncoding}`,
    destination: () => httpEndpoint({ now: Date.now, secrets }),
    config: (url) => ({
      EndpointConfiguration: { Url: url, AccessKey: SECRET },
      RequestConfiguration: { ContentEncoding },
      BufferingHints: HINTS,
    }),
    take({ body }) {
      const { requestId, records } = JSON.parse(`${body}`) as { requestId: string; records: { data: string }[] };
      return {
        ...{ id: requestId, status: 200, headers: { 'Content-Type': 'application/json' } },
        body: JSON.stringify({ requestId, timestamp: 1 }),
        records: records.map(({ data }) => Buffer.from(data, 'base64')),
      };
    },
    record: anyBytes,
    isIdempotent: true,
  });
}

/** A collector that has indexed what it is asked about. */
function collecting(recordsIn: (body: Buffer) => readonly Uint8Array[]): Pick<DestinationUnderTest, 'take'> {
  const json = (said: JsonObject) => ({ status: 200, body: JSON.stringify(said) });
  return {
    take({ path, body }) {
      if (path.startsWith('/services/collector/ack')) return json({ acks: { 0: true } });
      return { ...json({ text: 'Success', code: 0, ackId: 0 }), records: recordsIn(body) };
    },
  };
}

const splunkConfig = (HECEndpointType: string) => (url: string) => ({
  HECEndpoint: url,
  HECEndpointType,
  HECToken: SECRET,
  HECAcknowledgmentTimeoutInSeconds: 180,
  BufferingHints: HINTS,
});

describeDestination({
  name: 'Splunk, events',
  destination: () => splunk({ now: Date.now, secrets }),
  config: splunkConfig('Event'),
  ...collecting((body) => `${body}`.split(/(?<=\})(?=\{)/).map((event) => Buffer.from(event))),
  overloaded: { status: 503, body: '{"text":"Server is busy","code":9}' },
  record: (number) => Buffer.from(JSON.stringify({ event: `number ${number}` })),
  badRecord: Buffer.from('no event'),
});

describeDestination({
  name: 'Splunk, raw',
  destination: () => splunk({ now: Date.now, secrets }),
  config: splunkConfig('Raw'),
  ...collecting((body) =>
    [...body.toString('latin1').matchAll(/[^;]*;/g)].map(([text]) => Buffer.from(text, 'latin1')),
  ),
  record: (number) =>
    Buffer.concat([Buffer.from([number % 256, 0, 0xff, 10].filter((byte) => byte !== 59)), Buffer.from(`${number};`)]),
});
