import { expect, it } from 'vitest';
import { aStream } from '../kit/streams.ts';
import { world } from '../kit/world.ts';

it('a flush waits for batches that lanes have sealed themselves on the way, and for what is refused of them', async () => {
  // Two of its records are as much as a lane may hold: it seals itself while the flush waits for the other stream.
  const half = 'x'.repeat(600_000);
  const cut = aStream({ name: 'cut', sizeMb: 1, config: { ProcessingConfiguration: CUT } });
  const slow = aStream({ name: 'slow' });
  const w = await world([cut, slow]);
  w.farSide = async ({ stream, errorOutputType }) => {
    for (let turn = stream.name === 'slow' ? 20 : 40; turn > 0; turn--) await new Promise(setImmediate);
    const isRefusing = stream.name === 'cut' && errorOutputType === undefined;
    const refusal = { index: 0, code: 'Bad', message: 'It is.', retryable: false };
    return { bytes: 1, refused: isRefusing ? [refusal] : [] };
  };
  await w.put(cut, `{"a":"${half}"}{"b":"${half}"}`);
  await w.put(slow, '{"c":1}');

  await w.timers.flush();

  expect(
    w.seen.map(({ stream, errorOutputType, records }) => [stream, errorOutputType, records.map(({ 2: key }) => key)]),
  ).toEqual([
    ['slow', undefined, ['c']],
    ['cut', undefined, ['a', 'b']],
    ['cut', 'format-conversion-failed', ['a']],
  ]);
});

const CUT = {
  Enabled: true,
  Processors: [
    { Type: 'RecordDeAggregation', Parameters: [{ ParameterName: 'SubRecordType', ParameterValue: 'JSON' }] },
  ],
};
