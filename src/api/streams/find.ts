import { ApiError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { ApiContext } from '../context.ts';
import { statusOf } from './status.ts';

/** The stream of this name, in whatever status. Throws AWS's ResourceNotFoundException. */
export async function findStream(context: ApiContext, name: string): Promise<StreamDefinition> {
  const stream = await context.streams.get(name);
  if (stream !== undefined && statusOf(stream, context.now()) !== 'GONE') return stream;
  if (stream !== undefined) await removeGone(context, stream);
  throw notFound(context, name);
}

/**
 * The stream of this name, if it is ACTIVE. `doing` says what cannot be done otherwise, such as `update`; AWS's wording
 * was seen for updates.
 */
export async function findActiveStream(context: ApiContext, name: string, doing: string): Promise<StreamDefinition> {
  const stream = await findStream(context, name);
  checkActive(stream, context.now(), doing);
  return stream;
}

export function checkActive(stream: StreamDefinition, now: number, doing: string): void {
  const status = statusOf(stream, now);
  if (status === 'ACTIVE') return;
  const message = `Cannot ${doing} firehose: ${stream.name} when it is in ${status} status`;
  throw new ApiError('ResourceInUseException', message);
}

/** Changes a stream that is there, in whatever status; what `decide` throws is thrown, and nothing changes. */
export async function changeStream(
  context: ApiContext,
  name: string,
  decide: (current: StreamDefinition) => StreamDefinition | undefined,
): Promise<StreamDefinition | undefined> {
  await findStream(context, name);
  return context.streams.change(name, (current) => {
    if (current === undefined || statusOf(current, context.now()) === 'GONE') throw notFound(context, name);
    return decide(current);
  });
}

/** Forgets a stream whose deletion is over. A stream made anew under its name in the meantime is left alone. */
async function removeGone(context: ApiContext, gone: StreamDefinition): Promise<void> {
  await context.streams.change(gone.name, (current) => (current?.id === gone.id ? undefined : current));
  await context.discard(gone);
}

function notFound(context: ApiContext, name: string): ApiError {
  const message = `Firehose ${name} under account ${context.settings.accountId} not found.`;
  return new ApiError('ResourceNotFoundException', message);
}
