import httpEndpoint from '../../destinations/http-endpoint.ts';
import type { Statements } from '../../destinations/redshift/warehouse.ts';
import redshift from '../../destinations/redshift.ts';
import splunk from '../../destinations/splunk.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { converter } from '../../src/formats/conversion/converter.ts';
import { redshiftDataApi } from '../../src/host/redshift/data-api.ts';
import { type DestinationUnderTest, describeDestination, SECRET } from '../kit/destination.ts';
import { noTables } from '../kit/no-tables.ts';
import { seededRandom } from '../kit/random.ts';
import { simulatedObjects } from '../kit/simulated-objects.ts';
import { parsedCopy } from './redshift-copy.ts';
import { CONFIG } from './redshift-rig.ts';

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

const bucket = simulatedObjects(seededRandom(1));
bucket.heal();
/** Statements that have begun, by the far side and their names. */
const begun = new Map<string, string>();
/** The database's name says the far side's port: in a stream it says no URL of the Data API. */
const farStatements = (): Statements => {
  const at = (database: string) =>
    redshiftDataApi({
      endpoint: `http://127.0.0.1:${database}`,
      credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET }),
    });
  return {
    begin: (to, ...rest) => at(to.database).begin(to, ...rest),
    find: (to, ...rest) => at(to.database).find(to, ...rest),
    state: (to, ...rest) => at(to.database).state(to, ...rest),
    rows: (to, ...rest) => at(to.database).rows(to, ...rest),
  };
};

/** The object that a COPY's manifest names. */
function copied(sql: string): Buffer {
  const at = (url: string) => bucket.stored.get(url.replace('s3://', '')) ?? Buffer.alloc(0);
  const { entries } = JSON.parse(`${at(parsedCopy(sql).from)}`) as { entries: { url: string }[] };
  return Buffer.concat(entries.map(({ url }) => at(url)));
}

describeDestination({
  name: 'Redshift',
  destination: () =>
    redshift({
      ...{ now: Date.now, objects: bucket, tables: noTables, converter, encryptionKeys: () => undefined },
      redshift: { statements: farStatements() },
    }),
  config: (url) => ({
    ...CONFIG,
    ClusterJDBCURL: `jdbc:redshift://sales.abc.eu-west-1.redshift.amazonaws.com:5439/${new URL(url).port}`,
    Password: SECRET,
  }),
  take({ headers, body }) {
    const action = `${headers['x-amz-target']}`.replace('RedshiftData.', '');
    const { Sql, StatementName, ClientToken } = JSON.parse(`${body}`) as Record<string, string>;
    const json = (said: JsonObject) => ({ status: 200, body: JSON.stringify(said) });
    if (action === 'DescribeStatement') return json({ Status: 'FINISHED' });
    if (action === 'ListStatements') {
      const Id = begun.get(`${headers.host} ${StatementName}`);
      return json({ Statements: Id === undefined ? [] : [{ Id, StatementName: `${StatementName}` }] });
    }
    begun.set(`${headers.host} ${StatementName}`, `${ClientToken}`);
    const lines = copied(`${Sql}`)
      .toString('latin1')
      .split(/(?<=;)/);
    const records = lines.map((line) => Buffer.from(line, 'latin1'));
    return { ...json({ Id: `${ClientToken}` }), id: `${ClientToken}`, records };
  },
  overloaded: { status: 400, body: '{"__type":"ThrottlingException","Message":"Rate exceeded"}' },
  record: (number) => Buffer.from([...Buffer.from(`${number}`), 0, 10, 0xff, 59]),
  isIdempotent: true,
});
