import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { apiCall } from '../src/local/api-call.ts';
import { createHydrant } from '../src/local/hydrant.ts';
import type { Row } from './table.ts';

const CONNECTIONS = 10;
const REQUEST_MS = 2_000;
const REQUESTS = 60;
const MIB = 1024 * 1024;
const RECORDS_A_PUT = 16;

/** How much of what a slow far side could take it is given, with as many attempts a stream as it allows connections. */
export async function benchSlowFarSide(newFolder: () => Promise<string>): Promise<Row[]> {
  const rows: Row[] = [];
  for (const perStream of [4, CONNECTIONS]) rows.push(await measured(await newFolder(), perStream));
  return rows;
}

async function measured(dataFolder: string, perStream: number): Promise<Row> {
  let underWay = 0;
  let most = 0;
  let done = 0;
  let refused = 0;
  let begunAt = 0;
  let endedAt = 0;
  const server = createServer(async (request, response) => {
    begunAt ||= performance.now();
    most = Math.max(most, ++underWay);
    request.resume();
    await once(request, 'end');
    const requestId = request.headers['x-amz-firehose-request-id'];
    setTimeout(() => {
      underWay--;
      done++;
      endedAt = performance.now();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ requestId, timestamp: 1 }));
    }, REQUEST_MS);
  });
  server.maxConnections = CONNECTIONS;
  server.on('drop', () => refused++);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP

  const hydrant = await createHydrant({ dataFolder, deliveries: { perStream }, logger: pino({ level: 'silent' }) });
  const call = apiCall(hydrant.handleOwn);
  await call('CreateDeliveryStream', {
    DeliveryStreamName: 'slow',
    HttpEndpointDestinationConfiguration: {
      EndpointConfiguration: { Url: `http://127.0.0.1:${port}` },
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 },
      S3Configuration: { RoleARN: 'arn:aws:iam::000000000000:role/any', BucketARN: 'arn:aws:s3:::failed' },
    },
  });
  const Data = Buffer.alloc(MIB / RECORDS_A_PUT, 'x').toString('base64');
  const Records = Array.from({ length: RECORDS_A_PUT }, () => ({ Data }));
  for (let i = 0; i < REQUESTS; i++) await call('PutRecordBatch', { DeliveryStreamName: 'slow', Records });
  while (done < REQUESTS) await new Promise((resolve) => setTimeout(resolve, 50));
  await hydrant.close(0);
  server.closeAllConnections();
  server.close();

  const couldTake = ((endedAt - begunAt) / REQUEST_MS) * CONNECTIONS;
  return {
    'attempts a stream': perStream,
    requests: done,
    'under way at once, most': most,
    'connections refused': refused,
    seconds: ((endedAt - begunAt) / 1_000).toFixed(1),
    'of what it could take': (done / couldTake).toFixed(2),
  };
}
