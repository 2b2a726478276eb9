import { describe, expect, it } from 'vitest';
import { type CustomDestination, customDestination } from '../../destinations/custom.ts';
import type { Delivered, Destination, Slice, SliceToPlan } from '../../src/core/destination.ts';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { recordBlock } from '../../src/core/records.ts';
import { type FarAnswer, type FarRequest, type MoodyFarSide, moodyFarSide } from './far-side.ts';

export interface DestinationUnderTest {
  readonly name: string;
  /** A fresh one each time, as after a restart. Of a destination of your own: `ownDestination(yours)`. */
  destination(): Destination;
  /** The stream's configuration that sends to a far side at this URL, with `SECRET` as its key, token or password. */
  config(url: string): JsonObject;
  /** What a far side makes of a request: the records that it takes, and the answer that says so. */
  take(request: FarRequest): FarAnswer;
  /** How it says that it has too much to do; default: status 503. */
  readonly overloaded?: FarAnswer;
  /** A record that it takes, another one for each number. */
  record(number: number): Uint8Array;
  /** One that it never takes, while the others of its slice are taken. */
  readonly badRecord?: Uint8Array;
  /** It takes the same slice twice as one: by `slice.id`, or by ids of its records. */
  readonly isIdempotent?: boolean;
}

/** Stands in configurations for what must not be shown to anyone. */
export const SECRET = 'secret-0f1e2d3c4b5a-that-nobody-may-see';

/** A destination as `defineDestination` makes it, for the kit. */
export function ownDestination(own: CustomDestination): Destination {
  return customDestination(own, { secrets: async () => ({ api_key: SECRET }) });
}

/** What every destination must do. Run it on yours: `describeDestination({ name: 'mine', … })`. */
export function describeDestination(under: DestinationUnderTest): void {
  describe(`the destination contract: ${under.name}`, () => {
    for (const { title, check } of destinationChecks(under)) it(title, () => withFarSide(under, check));
  });
}

export interface DestinationCheck {
  readonly title: string;
  readonly check: (far: MoodyFarSide) => Promise<void>;
}

export async function withFarSide(
  under: DestinationUnderTest,
  check: (far: MoodyFarSide) => Promise<void>,
): Promise<void> {
  const far = await moodyFarSide(under.take, under.overloaded);
  try {
    await check(far);
  } finally {
    await far.close();
  }
}

const never = new AbortController().signal;
/** Times to ask about a pending slice before it is taken to be lost. */
const CHECKS_MOST = 20;
const RECORDS = 20;
const STOPS_WITHIN_MS = 2_000;

export function destinationChecks(under: DestinationUnderTest): readonly DestinationCheck[] {
  const records = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => Buffer.from(under.record(from + i)));
  /** With the plan of its first attempt, and what earlier attempts noted, as the core hands both to each. */
  async function slice(
    far: MoodyFarSide,
    { from = 0, to = RECORDS, attempt = 1, given = records(from, to) } = {},
  ): Promise<Slice> {
    const made = sliceOf({ records: given, config: under.config(far.url), from });
    const kept = keptOf(far, made.id);
    kept.output ??= stored((await under.destination().plan?.(made)) ?? null);
    const { output, note } = kept;
    return {
      ...made,
      plan: { streamVersion: 1, attempt, output, ...(note !== undefined && { note }) },
      note: async (note) => {
        kept.note = stored(note);
      },
    };
  }
  const hex = (some: readonly Uint8Array[]) => some.map((each) => Buffer.from(each).toString('hex'));

  /** To the end: what is pending is asked about by another destination, as after a crash. */
  async function settled(toDeliver: Slice, destination = under.destination()): Promise<Delivered> {
    let outcome = await destination.deliver(toDeliver, never);
    const refused = [...(outcome.refused ?? [])];
    for (let checks = 0; 'pending' in outcome; checks++) {
      if (checks === CHECKS_MOST) throw new Error(`Still pending after ${checks} checks.`);
      const state = stored(outcome.pending);
      const after = under.destination();
      if (after.check === undefined) throw new Error('It leaves a slice pending, and has no check.');
      outcome = await after.check(toDeliver, state, never);
      refused.push(...(outcome.refused ?? []));
    }
    return { ...outcome, refused };
  }

  /** An attempt that must fail in a way that may pass, without giving the secret away. */
  async function failsForNow(attempt: Promise<unknown>): Promise<void> {
    const error = await attempt.then(
      () => expect.fail('The attempt succeeded.'),
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: 'DeliveryError', retryable: true, code: expect.stringMatching(/./) });
    const said = `${error instanceof Error ? error.message : error}`;
    expect(said).toMatch(/./);
    expect(said).not.toContain(SECRET);
  }

  const checks: DestinationCheck[] = [
    {
      title: 'brings the records byte for byte, in order, and says how many bytes left',
      async check(far) {
        const { bytes, refused = [] } = await settled(await slice(far));

        expect(hex(far.held)).toEqual(hex(records(0, RECORDS)));
        expect(bytes).toBeGreaterThan(0);
        expect(refused).toEqual([]);
      },
    },
    {
      title: 'keeps parallel slices apart',
      async check(far) {
        const one = under.destination();
        const ranges = [0, 1, 2, 3, 4].map((i) => ({ from: i * RECORDS, to: (i + 1) * RECORDS }));

        await Promise.all(ranges.map(async (range) => settled(await slice(far, range), one)));

        expect(hex(far.held).sort()).toEqual(hex(records(0, 5 * RECORDS)).sort());
      },
    },
    {
      title: 'takes an overloaded far side for worth another try, and the same slice then succeeds',
      async check(far) {
        far.mood = 'overloaded';
        await failsForNow(settled(await slice(far)));
        far.mood = 'takes';

        await settled(await slice(far, { attempt: 2 }));

        expect(hex(far.held)).toEqual(hex(records(0, RECORDS)));
      },
    },
    {
      title: 'waits for a slow far side',
      async check(far) {
        far.mood = 'slow';
        const request = far.request();
        const delivering = settled(await slice(far));
        await request;
        far.release();

        await delivering;

        expect(hex(far.held)).toEqual(hex(records(0, RECORDS)));
      },
    },
    {
      title: 'takes a connection that closes before anything was taken for worth another try',
      async check(far) {
        far.mood = 'closes before';
        await failsForNow(settled(await slice(far)));
        far.mood = 'takes';

        await settled(await slice(far, { attempt: 2 }));

        expect(hex(far.held)).toEqual(hex(records(0, RECORDS)));
      },
    },
    {
      title: 'takes a connection that closes after the records were taken for worth another try',
      async check(far) {
        far.mood = 'closes after';

        await failsForNow(settled(await slice(far)));

        expect(hex(far.held)).toEqual(hex(records(0, RECORDS)));
      },
    },
    {
      title: 'stops soon after the attempt was stopped',
      async check(far) {
        far.mood = 'silent';
        const stop = new AbortController();
        const request = far.request();
        const toStop = await slice(far);
        let state = 'delivering';
        void under
          .destination()
          .deliver(toStop, stop.signal)
          .then(
            () => (state = 'delivered'),
            () => (state = 'stopped'),
          );
        await request;
        stop.abort(new Error('stopped'));

        await expect.poll(() => state, { timeout: STOPS_WITHIN_MS }).toBe('stopped');
      },
    },
    {
      title: 'fails, for now, when nobody is there',
      async check(far) {
        const gone = await moodyFarSide(under.take);
        await gone.close();

        await failsForNow(settled(await slice(gone)));

        expect(far.held).toEqual([]);
      },
    },
  ];
  const { badRecord } = under;
  if (badRecord !== undefined) {
    checks.push({
      title: 'gives back exactly the record that is not taken, for good, and brings its neighbours',
      async check(far) {
        const good = records(0, 3);
        const given = [good[0]!, Buffer.from(badRecord), good[1]!, good[2]!]; // three of three

        const { refused = [] } = await settled(await slice(far, { from: 7, given }));

        expect(refused).toMatchObject([{ index: 8, retryable: false, message: expect.stringMatching(/./) }]);
        expect(hex(far.held)).toEqual(hex(good));
      },
    });
  }
  if (under.isIdempotent === true) {
    checks.push({
      title: 'brings a slice once, although it is brought twice',
      async check(far) {
        far.mood = 'closes after';
        await failsForNow(settled(await slice(far)));
        far.mood = 'takes';

        await settled(await slice(far, { attempt: 2 }));

        expect(hex(far.held)).toEqual(hex(records(0, RECORDS)));
      },
    });
  }
  return checks;
}

interface SliceToMake {
  readonly records: readonly Uint8Array[];
  readonly config: JsonObject;
  readonly from: number;
}

/** What is kept of a slice between its attempts, by the far side that it goes to and its id. */
const kept = new WeakMap<MoodyFarSide, Map<string, { output?: JsonValue; note?: JsonValue }>>();

function keptOf(far: MoodyFarSide, id: string): { output?: JsonValue; note?: JsonValue } {
  const slices = kept.get(far) ?? new Map();
  kept.set(far, slices);
  const slice = slices.get(id) ?? {};
  slices.set(id, slice);
  return slice;
}

/** As it comes back from the buffer. */
function stored(value: JsonValue): JsonValue {
  return JSON.parse(JSON.stringify(value));
}

/** As the core hands it over, without its plan. */
function sliceOf({ records, config, from }: SliceToMake): SliceToPlan & Pick<Slice, 'read'> {
  const arrivedAt = Date.UTC(2026, 6, 13, 10, 5, 9);
  const block = recordBlock(arrivedAt, records);
  return {
    id: `batch-1/${from}-${from + records.length}`,
    stream: { name: 'clicks', arn: 'arn:aws:firehose:us-east-1:000000000000:deliverystream/clicks', version: 1 },
    config,
    records: records.length,
    bytes: block.data.length,
    oldestAt: arrivedAt,
    async *read() {
      yield { ...block, place: from };
    },
  };
}
