import { isJsonObject, type JsonObject } from '../../src/core/json.ts';
import { type FarRequest, type FarSide, farSide } from '../kit/far-side.ts';

export const TOKEN = '0f1e2d3c-token-that-nobody-may-see';

export interface CollectorOptions {
  /** The nth poll finds a request indexed. */
  readonly indexesAfter?: number;
  readonly acknowledges?: boolean;
  readonly cookies?: readonly string[];
  /** In place of its own answer to events. */
  readonly answer?: Said;
  /** In place of its own answer to polls. */
  readonly ackAnswer?: string;
  readonly acks?: () => JsonObject;
}

export interface Collector extends FarSide {
  /** Bodies that it has indexed, in order. */
  readonly indexed: readonly string[];
  /** Of each request with events. */
  readonly channels: readonly string[];
  readonly polls: number;
}

/**
 * An HTTP Event Collector that insists on its documented rules: a token, a channel where it acknowledges, events that
 * are JSON objects with an `event`. Acknowledgements count from 0 in each channel.
 */
export async function collector(options: CollectorOptions = {}): Promise<Collector> {
  const { indexesAfter = 1, acknowledges = true, cookies = [], answer, ackAnswer, acks } = options;
  const indexed: string[] = [];
  const channels: string[] = [];
  const sent = new Map<string, { readonly body: string; polls: number }[]>();
  let polls = 0;

  function answerTo({ path, headers, body }: FarRequest): Said {
    if (headers.authorization !== `Splunk ${TOKEN}`) return said(403, { text: 'Invalid token', code: 4 });
    const url = new URL(path, 'http://splunk');
    if (url.pathname === '/services/collector/ack') return answerToPoll(url.searchParams.get('channel') ?? '', body);
    if (answer !== undefined) return answer;
    const channel = headers['x-splunk-request-channel'];
    if (typeof channel !== 'string') return said(400, { text: 'Data channel is missing', code: 10 });
    if (body.length === 0) return said(400, { text: 'No data', code: 5 });
    if (url.pathname === '/services/collector/event' && !areEvents(`${body}`)) {
      return said(400, { text: 'Invalid data format', code: 6 });
    }
    channels.push(channel);
    const requests = sent.get(channel) ?? [];
    sent.set(channel, [...requests, { body: `${body}`, polls: 0 }]);
    return said(200, { text: 'Success', code: 0, ...(acknowledges && { ackId: requests.length }) });
  }

  function answerToPoll(channel: string, body: Buffer): Said {
    polls++;
    if (ackAnswer !== undefined) return { status: 200, body: ackAnswer };
    if (acks !== undefined) return said(200, { acks: acks() });
    const asked: unknown = JSON.parse(`${body}`);
    const ids = isJsonObject(asked) && Array.isArray(asked.acks) ? asked.acks : [];
    const known = ids.map((id) => {
      const request = sent.get(channel)?.[Number(id)];
      const isIndexed = request !== undefined && ++request.polls === indexesAfter;
      if (isIndexed) indexed.push(request.body);
      return [String(id), isIndexed] as const;
    });
    return said(200, { acks: Object.fromEntries(known) });
  }

  const far = await farSide((received, response) => {
    const { status, body } = answerTo(received);
    response.setHeader('Set-Cookie', cookies);
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
  });
  return {
    ...far,
    ...{ indexed, channels },
    get polls() {
      return polls;
    },
  };
}

interface Said {
  readonly status: number;
  readonly body: string;
}

function said(status: number, body: JsonObject): Said {
  return { status, body: JSON.stringify(body) };
}

/** JSON objects back to back, each with an event. */
function areEvents(text: string): boolean {
  try {
    const events: unknown = JSON.parse(`[${text.replace(/\}\s*\{/g, '},{')}]`);
    return Array.isArray(events) && events.every((each) => isJsonObject(each) && each.event !== undefined);
  } catch {
    return false; // no JSON at all
  }
}
