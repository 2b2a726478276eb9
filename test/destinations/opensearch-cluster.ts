import type { ServerResponse } from 'node:http';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { FarRequest } from '../kit/far-side.ts';

/** What one document of a bulk request says of itself. */
export interface Indexed {
  readonly action: JsonObject;
  readonly document: string;
}

/** The documents of a request; throws where it is not what a cluster takes. */
export function documentsOf({ body, headers, path }: FarRequest): readonly Indexed[] {
  if (!path.split('?')[0]?.endsWith('/_bulk')) throw new Error(`${path} is no bulk request`);
  if (headers['content-type'] !== 'application/x-ndjson') throw new Error('the body has no content type of lines');
  const lines = `${body}`.split('\n');
  if (lines.pop() !== '') throw new Error('the last line has no end');
  if (lines.length % 2 !== 0) throw new Error('an action has no document');
  return Array.from({ length: lines.length / 2 }, (_, i) => {
    const { index } = JSON.parse(lines[2 * i] ?? '');
    return { action: index, document: lines[2 * i + 1] ?? '' };
  });
}

export function json(response: ServerResponse, status: number, body: JsonValue, headers = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** An index by ids, as a cluster keeps it: the same id overwrites. Answers 400 for what is no JSON, as one does. */
export function cluster() {
  const documents = new Map<string, string>();
  let made = 0;
  return {
    documents,
    answer(received: FarRequest, response: ServerResponse): void {
      const items = documentsOf(received).map(({ action, document }) => {
        const error = errorIn(document);
        if (error !== undefined) return { index: { status: 400, error } };
        documents.set(`${action._index}/${action._id ?? `made-${made++}`}`, document);
        return { index: { status: 201 } };
      });
      json(response, 200, { items });
    },
  };
}

function errorIn(document: string): JsonObject | undefined {
  try {
    JSON.parse(document);
    return undefined;
  } catch {
    return { type: 'mapper_parsing_exception', reason: 'failed to parse' };
  }
}
