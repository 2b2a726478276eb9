import { ApiError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { ApiContext } from '../context.ts';

/**
 * The stream of this name, if it takes puts now: it is there, it is ACTIVE, and its records come from its producers and
 * not from a source of its own. The messages are AWS's.
 */
export async function acceptingStream(context: ApiContext, name: string): Promise<StreamDefinition> {
  const stream = await context.streams.get(name);
  const { accountId } = context.settings;
  const now = context.now();
  if (stream === undefined || (stream.goneAt !== undefined && stream.goneAt <= now)) {
    throw new ApiError('ResourceNotFoundException', `Firehose ${name} under account ${accountId} not found.`);
  }
  if (stream.goneAt !== undefined || stream.activeAt > now) {
    throw new ApiError('ResourceNotFoundException', `Firehose ${name} is not active in ${accountId} account.`);
  }
  if (stream.type !== 'DirectPut') {
    const message = `This operation is not permitted on ${stream.type} delivery stream type.`;
    throw new ApiError('InvalidArgumentException', message);
  }
  return stream;
}
