import { expect, it } from 'vitest';
import { withOlderCodes } from '../../destinations/opensearch/older-codes.ts';
import type { Destination } from '../../src/core/destination.ts';
import { DeliveryError } from '../../src/core/errors.ts';
import { sliceOf } from './slice.ts';

const never = new AbortController().signal;
const delivering = (deliver: Destination['deliver']) =>
  withOlderCodes({ deliver }).deliver(sliceOf({ config: {} }), never);

it.each([
  ['OS.AccessDenied', 'ES.AccessDenied'],
  ['OS.ResourceNotFound', 'ES.ResourceNotFound'],
  ['OS.ServiceException', 'OS.ServiceException'],
])('a request that failed with %s has failed with %s', async (code, older) => {
  const failed = delivering(async () => {
    throw new DeliveryError('No.', { code, retryable: true, refused: true, isTooLarge: true, retryAfterMs: 7 });
  });

  await expect(failed).rejects.toMatchObject({
    ...{ message: 'No.', code: older, retryable: true, refused: true, isTooLarge: true, retryAfterMs: 7 },
  });
});

it('a document that was refused has the older code too, and all else is as it was', async () => {
  const refused = (code: string) => ({ index: 10, code, message: 'No.', retryable: false });

  expect(await delivering(async () => ({ bytes: 1, refused: [refused('OS.AccessDenied'), refused('400')] }))).toEqual({
    bytes: 1,
    refused: [refused('ES.AccessDenied'), refused('400')],
  });
});

it('what is no word of the far side is left as it is', async () => {
  const fault = new Error('a fault of ours');

  await expect(delivering(() => Promise.reject(fault))).rejects.toBe(fault);
});
