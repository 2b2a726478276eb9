import { request } from 'node:http';

/** Runs a function to its end and resolves with its answer. Rejects when it failed, or was not reached. */
export type Invoke = (functionName: string, event: unknown) => Promise<unknown>;

/** Through what serverless-offline has for Lambda's API. A function may take longer than any client of HTTP waits. */
export function invoker(endpoint: string): Invoke {
  return (functionName, event) =>
    new Promise((resolve, reject) => {
      const url = `${endpoint}/2015-03-31/functions/${functionName}/invocations`;
      const asked = request(url, { method: 'POST', agent: false }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk);
        const text = Buffer.concat(chunks).toString();
        const isFailed = answer.statusCode !== 200 || answer.headers['x-amz-function-error'] !== undefined;
        if (isFailed) reject(new Error(`${functionName} failed: ${text}`));
        else resolve(text === '' ? undefined : JSON.parse(text));
      });
      asked.on('error', reject);
      asked.end(JSON.stringify(event));
    });
}
