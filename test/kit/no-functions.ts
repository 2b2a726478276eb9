import { DeliveryError } from '../../src/core/errors.ts';
import type { Transform } from '../../src/processors/lambda/transform.ts';

/** Where nobody has a function: every call fails as it does when there is none of that name. */
export const noFunctions: Transform = async ({ functionArn }) => {
  throw new DeliveryError(`There is no function ${functionArn}.`, {
    code: 'Lambda.ResourceNotFound',
    retryable: true,
  });
};
