import { createServer } from 'node:http';

/** Kinesis as far as reading asks, whose shards never end: each has the same answer again and again. */
export interface EndlessKinesis {
  readonly port: number;
  /** Records that were read and stored, since what is behind them was asked for. */
  stored(): number;
  close(): void;
}

const SHARDS = 4;
const ANSWER_BYTES_MOST = 9 * 1024 * 1024;
const ANSWER_RECORDS_MOST = 10_000;

export async function endlessKinesis(recordBytes: number): Promise<EndlessKinesis> {
  const records = Math.min(ANSWER_RECORDS_MOST, Math.floor(ANSWER_BYTES_MOST / recordBytes));
  const Data = Buffer.alloc(recordBytes, 'x').toString('base64');
  const at = Math.round(Date.now() / 1_000);
  const record = (i: number) =>
    `{"ApproximateArrivalTimestamp":${at}.25,"Data":"${Data}","PartitionKey":"p","SequenceNumber":"${49_000_000_000 + i}"}`;
  const list = Buffer.from(Array.from({ length: records }, (_, i) => record(i)).join(','));
  const asked = new Map<string, number>();

  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const input: Readonly<Record<string, string>> = JSON.parse(Buffer.concat(chunks).toString());
    const action = String(request.headers['x-amz-target']).split('.')[1];
    if (action === 'ListShards') {
      answer.end(JSON.stringify({ Shards: Array.from({ length: SHARDS }, (_, i) => ({ ShardId: `shard-${i}` })) }));
    } else if (action === 'GetShardIterator') {
      answer.end(JSON.stringify({ ShardIterator: `${input.StreamName}/${input.ShardId} 0` }));
    } else {
      const [shard = '', count = '0'] = String(input.ShardIterator).split(' ');
      asked.set(shard, Number(count) * records);
      const tail = `],"NextShardIterator":"${shard} ${Number(count) + 1}","MillisBehindLatest":1000}`;
      answer.end(Buffer.concat([Buffer.from('{"Records":['), list, Buffer.from(tail)]));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    stored: () => [...asked.values()].reduce((sum, count) => sum + count, 0),
    close: () => void server.close(),
  };
}
