import { ApiError } from '../core/errors.ts';

/**
 * The value or combination makes no sense: AWS's answer to everything that is wrong in meaning rather than in shape.
 */
export function invalidArgument(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message);
}
