import { ApiError } from '../core/errors.ts';

/** What came lacks a member, or is not what it says it is. */
export function malformed(message: string): ApiError {
  return new ApiError('InvalidArgumentException', message);
}

/** Nobody has said that events from there are for a stream; or nobody can tell where they are from. */
export function unknownSource(message: string): ApiError {
  return new ApiError('InvalidSourceException', message, 403);
}

export function tooLarge(message: string): ApiError {
  return new ApiError('RequestEntityTooLargeException', message, 413);
}
