import { ApiError } from '../../core/errors.ts';

const LONGEST_MS = 10_000;
const MOST_BYTES = 256 * 1024;

/** What a URL gives, a little text. Throws what has the sender try again: it may be there then. */
export async function fetchedText(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(LONGEST_MS) });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new Error('The answer is too long.'); // which ends the connection
      chunks.push(chunk);
    }
    if (answer.status !== 200) throw new Error(`The answer is ${answer.status}.`);
    return Buffer.concat(chunks).toString();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ApiError(
      'ServiceUnavailableException',
      `${new URL(url).host} did not give what was asked for: ${why}`,
      503,
    );
  }
}
