import { expect, it } from 'vitest';
import { settledAt } from '../../src/core/plan.ts';
import { aStream } from '../kit/streams.ts';

it('what an attempt has sent settles after its end, although a later one failed before it had a plan', () => {
  const postponed = { until: 6_000, attempts: 2, firstAttemptAt: 1_000, endedAt: 5_000, outcome: 'unknown' as const };
  const batch = {
    ...{ id: 'b1', lane: 'idevents/deliver/', records: 1, bytes: 1, oldestAt: 0, sealedAt: 0, advanced: 0 },
    plan: { streamVersion: 1, attempt: 1, output: null },
    postponed: { ...postponed, code: 'S3.RequestTimeout', message: 'The connection broke.' },
  };
  const destination = { deliver: async () => ({ bytes: 0 }), isAbsent: async () => true };
  const hostStartedAt = 1_000_000;

  const at = settledAt({ batch, stream: aStream({ version: 2 }), route: { destination, config: {} } }, hostStartedAt);

  expect(at).toBe(35_000);
});
