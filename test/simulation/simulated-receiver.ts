import type { Delivered, Destination, Pending, Slice } from '../../src/core/destination.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import { eachRecord } from '../../src/core/records.ts';
import type { Random } from '../kit/random.ts';

/** A far side that takes slices, and fails in every way it can; one that it knows by its id it takes once. */
export interface SimulatedReceiver {
  readonly destination: Destination;
  /** How often it has each record. */
  readonly taken: ReadonlyMap<string, number>;
  /** Records of which a sender could not know whether they were taken. */
  readonly inDoubt: ReadonlySet<string>;
  /** The sender died, and may not have heard what it was told. */
  senderDied(): void;
  /** From now on it takes everything. */
  heal(): void;
}

const LIMITS = { records: 4, bytes: 1_000 };
/** Of what the limits let through some is too much all the same, and always the same. */
const TOO_MUCH_BYTES = 700;

const passing = (retryAfterMs = 0) =>
  new DeliveryError('Not now.', { code: 'Far.Busy', retryable: true, retryAfterMs });
const final = () => new DeliveryError('Never.', { code: 'Far.Never', retryable: false });

export function simulatedReceiver(random: Random, now: () => number): SimulatedReceiver {
  const taken = new Map<string, number>();
  const inDoubt = new Set<string>();
  /** What it said of a slice it says again. */
  const answers = new Map<string, Delivered | Pending>();
  let isHealed = false;

  function take(texts: readonly string[]): void {
    for (const text of texts) taken.set(text, (taken.get(text) ?? 0) + 1);
  }

  function answerTo(id: string, texts: readonly string[], first: number): Delivered | Pending {
    const fate = isHealed ? 1 : random.next();
    if (fate < 0.15) return { pending: id, checkAt: now() + random.below(5_000) };
    const victim = random.below(texts.length);
    const isRefusing = fate < 0.35;
    take(texts.filter((_, i) => !isRefusing || i !== victim));
    if (!isRefusing) return { bytes: 1 };
    const retryable = fate < 0.25;
    return { bytes: 1, refused: [{ index: first + victim, code: 'Far.No', message: 'No.', retryable }] };
  }

  async function deliver(slice: Slice): Promise<Delivered | Pending> {
    const { texts, first } = await readAll(slice);
    if (texts.length > 1 && slice.bytes > TOO_MUCH_BYTES) {
      throw new DeliveryError('Too much.', { code: 'Far.TooMuch', retryable: false, isTooLarge: true });
    }
    if (!isHealed && random.chance(0.15)) throw passing(random.below(20_000));
    if (!isHealed && random.chance(0.02)) throw final();
    const answer = answers.get(slice.id) ?? answerTo(slice.id, texts, first);
    answers.set(slice.id, answer);
    if (isHealed || random.chance(0.85)) return answer;
    for (const text of texts) inDoubt.add(text);
    throw passing();
  }

  async function check(slice: Slice): Promise<Delivered | Pending> {
    const { texts } = await readAll(slice);
    const said = answers.get(slice.id);
    // What it has said before, to a sender who died of it, it says again.
    if (said === undefined) throw passing();
    if (!('pending' in said)) return said;
    const fate = isHealed ? 1 : random.next();
    if (fate < 0.3) return { pending: slice.id, checkAt: now() + random.below(5_000) };
    if (fate < 0.4) throw final();
    if (fate < 0.6) {
      answers.delete(slice.id);
      throw passing();
    }
    take(texts);
    answers.set(slice.id, { bytes: 1 });
    return { bytes: 1 };
  }

  return {
    ...{ taken, inDoubt },
    destination: { limits: () => LIMITS, deliver, check },
    senderDied() {
      for (const text of taken.keys()) inDoubt.add(text);
    },
    heal() {
      isHealed = true;
    },
  };
}

async function readAll(slice: Slice): Promise<{ readonly texts: readonly string[]; readonly first: number }> {
  const texts: string[] = [];
  let first: number | undefined;
  for await (const block of slice.read()) {
    first ??= block.place;
    for (const record of eachRecord(block)) texts.push(Buffer.from(record).toString());
  }
  return { texts, first: first ?? 0 };
}
