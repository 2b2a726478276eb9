import { describe, expect, it } from 'vitest';
import { type CustomDestination, type CustomSlice, defineDestination } from '../../destinations/custom.ts';
import {
  type DestinationUnderTest,
  destinationChecks,
  ownDestination,
  SECRET,
  withFarSide,
} from '../kit/destination.ts';

/** A right destination, in its parts: lines of text, the bad one left out. */
async function linesOf(slice: CustomSlice) {
  const lines: string[] = [];
  const refused: { index: number; message: string }[] = [];
  for await (const { index, data } of slice.records()) {
    const line = Buffer.from(data).toString();
    if (line === 'bad') refused.push({ index, message: 'It is bad.' });
    else lines.push(line);
  }
  return { lines, refused };
}

const post = (slice: CustomSlice, body: string, signal?: AbortSignal, id = slice.id) =>
  fetch(`http://${slice.url.host}/`, { method: 'POST', headers: { id }, body, ...(signal && { signal }) });

function checked(response: Response): void {
  if (!response.ok) throw new Error(`It answered ${response.status}.`);
}

const right: CustomDestination = {
  async deliver(slice, signal) {
    const { lines, refused } = await linesOf(slice);
    checked(await post(slice, lines.join('\n'), signal));
    return { refused };
  },
};

const under = (own: CustomDestination): DestinationUnderTest => ({
  name: 'lines',
  destination: () => ownDestination(defineDestination(own)),
  config: (url) => ({ EndpointConfiguration: { Url: url.replace('http:', 'lines:'), AccessKey: SECRET } }),
  take: ({ headers, body }) => ({
    ...{ status: 200, id: `${headers.id}` },
    records: `${body}`.split('\n').map((line) => Buffer.from(line)),
  }),
  record: (number) => Buffer.from(`line ${number}`),
  badRecord: Buffer.from('bad'),
  isIdempotent: true,
});

const titles = destinationChecks(under(right)).map(({ title }) => title);

async function failures(own: CustomDestination): Promise<string[]> {
  const failed: string[] = [];
  for (const { title, check } of destinationChecks(under(own))) {
    await withFarSide(under(own), check).catch(() => failed.push(title));
  }
  return failed;
}

/** Each breaks a promise; the checks that must see it, by a word of their titles. */
const BROKEN: readonly (readonly [how: string, seenBy: readonly string[], own: CustomDestination])[] = [
  [
    'loses a byte',
    ['byte for byte'],
    {
      deliver: async (slice, signal) =>
        checked(await post(slice, (await linesOf(slice)).lines.join('\n').slice(1), signal)),
    },
  ],
  [
    'takes any answer for a good one',
    ['overloaded'],
    { deliver: async (slice, signal) => void (await post(slice, (await linesOf(slice)).lines.join('\n'), signal)) },
  ],
  [
    'swallows what the connection says',
    ['closes before', 'closes after', 'nobody is there'],
    {
      deliver: async (slice, signal) => {
        await post(slice, (await linesOf(slice)).lines.join('\n'), signal).then(checked, () => {});
      },
    },
  ],
  [
    'does not wait for the answer',
    ['slow', 'overloaded', 'nobody is there'],
    {
      deliver: async (slice) => {
        const { lines } = await linesOf(slice);
        void post(slice, lines.join('\n')).catch(() => {});
      },
    },
  ],
  [
    'cannot be stopped',
    ['stopped'],
    { deliver: async (slice) => checked(await post(slice, (await linesOf(slice)).lines.join('\n'))) },
  ],
  [
    'refuses the wrong record',
    ['exactly the record'],
    {
      deliver: async (slice, signal) => {
        const { lines, refused } = await linesOf(slice);
        checked(await post(slice, lines.join('\n'), signal));
        return { refused: refused.map((each) => ({ ...each, index: each.index - 1 })) };
      },
    },
  ],
  [
    'says its secret',
    ['overloaded', 'closes before', 'closes after', 'nobody is there'],
    {
      deliver: async (slice, signal) => {
        const { lines } = await linesOf(slice);
        await post(slice, lines.join('\n'), signal)
          .then(checked, (error) => {
            throw new Error(`${error} with ${slice.accessKey}`);
          })
          .catch((error) => {
            throw new Error(`${error} with ${slice.accessKey}`);
          });
      },
    },
  ],
  [
    'gives up at once',
    ['overloaded', 'closes before', 'closes after', 'nobody is there'],
    {
      deliver: async (slice, signal) => {
        const { lines } = await linesOf(slice);
        await post(slice, lines.join('\n'), signal)
          .then(checked)
          .catch((error) => {
            throw Object.assign(error, { retryable: false });
          });
      },
    },
  ],
  [
    'names each attempt anew',
    ['twice'],
    {
      deliver: async (slice, signal) =>
        checked(await post(slice, (await linesOf(slice)).lines.join('\n'), signal, `${slice.id}/${slice.attempt}`)),
    },
  ],
  [
    'mixes slices up',
    ['parallel'],
    (() => {
      let last: CustomSlice | undefined;
      return {
        async deliver(slice: CustomSlice, signal: AbortSignal) {
          last = slice;
          await Promise.resolve();
          checked(await post(last, (await linesOf(last)).lines.join('\n'), signal));
        },
      };
    })(),
  ],
];

describe('the destination contract', () => {
  it('is kept by a right destination', async () => {
    expect(await failures(right)).toEqual([]);
  });

  it.each(BROKEN)('is broken by one that %s', async (_, seenBy, own) => {
    const failed = await failures(own);

    for (const word of seenBy) expect(failed.filter((title) => title.includes(word))).toHaveLength(1);
  });

  it('has no check that none of these fails', () => {
    const seen = BROKEN.flatMap(([, seenBy]) => seenBy);

    expect(titles.filter((title) => !seen.some((word) => title.includes(word)))).toEqual([]);
  });
});
