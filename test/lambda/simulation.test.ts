import { expect, it } from 'vitest';
import { simulate } from './simulate.ts';

/** `HYDRANT_SEEDS=5000` for more, `HYDRANT_SEED=17` to see one again. */
const one = process.env.HYDRANT_SEED;
const seeds = one === undefined ? Number(process.env.HYDRANT_SEEDS ?? 60) : 1;
const first = one === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(one);

it(`keeps its promises through dying functions and failing services (${seeds} seeds from ${first})`, async () => {
  const broken: string[] = [];
  for (let seed = first; seed < first + seeds && broken.length === 0; seed++) {
    for (const fault of await simulate(seed)) broken.push(`HYDRANT_SEED=${seed}: ${fault}`);
  }

  expect(broken).toEqual([]);
}, 3_600_000);
