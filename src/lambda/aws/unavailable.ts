import { ApiError, DeliveryError } from '../../core/errors.ts';

/** For the caller of the API: what a service does not answer now may be answered when the client tries again. */
export async function orUnavailable<T>(doing: string, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    if (!(cause instanceof DeliveryError)) throw cause;
    const error = new ApiError('ServiceUnavailableException', `${doing} failed: ${cause.message}`, 503);
    throw Object.assign(error, { cause });
  });
}
