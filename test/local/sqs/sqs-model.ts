import { createServer, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

interface Kept {
  readonly id: string;
  readonly body: string;
  isHidden: boolean;
}

/**
 * One queue of SQS on a socket, as far as it is read. It waits for messages as SQS does, and forgets who is reading
 * them when the test says that their time is over.
 */
export async function sqsModel() {
  const kept: Kept[] = [];
  const waiting = new Set<ServerResponse>();
  const calls: { readonly action: string; readonly input: Record<string, unknown>; readonly type: string }[] = [];
  let received = 0;
  let refusal: string | undefined;

  function give(answer: ServerResponse): void {
    const found = kept.filter(({ isHidden }) => !isHidden).slice(0, 10);
    if (found.length === 0) return void waiting.add(answer);
    for (const message of found) message.isHidden = true;
    const Messages = found.map(({ id, body }) => ({ MessageId: id, ReceiptHandle: `${id} ${++received}`, Body: body }));
    answer.end(JSON.stringify({ Messages }));
  }

  function wake(): void {
    const answers = [...waiting];
    waiting.clear();
    for (const answer of answers) give(answer);
  }

  const server = createServer(async (request, answer) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const input = JSON.parse(Buffer.concat(chunks).toString());
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    calls.push({ action, input, type: String(request.headers['content-type']) });
    answer.on('close', () => waiting.delete(answer));
    if (refusal !== undefined) {
      answer.writeHead(400).end(JSON.stringify({ __type: `com.amazonaws.sqs#${refusal}`, message: 'It is so.' }));
    } else if (action === 'ReceiveMessage') give(answer);
    else {
      for (const { ReceiptHandle } of input.Entries) {
        const id = String(ReceiptHandle).split(' ')[0];
        const at = kept.findIndex((message) => message.id === id);
        if (at >= 0) kept.splice(at, 1);
      }
      answer.end(JSON.stringify({ Successful: [], Failed: [] }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  return {
    url: `http://127.0.0.1:${port}/123456789012/clicks`,
    calls,
    /** How many wait for messages. */
    waiting: () => waiting.size,
    left: () => kept.map(({ id }) => id),
    send(messages: Readonly<Record<string, string>>) {
      for (const [id, body] of Object.entries(messages)) kept.push({ id, body, isHidden: false });
      wake();
    },
    /** The time for which messages are hidden is over. */
    reveal() {
      for (const message of kept) message.isHidden = false;
      wake();
    },
    refuse(type: string | undefined) {
      refusal = type;
    },
  };
}
