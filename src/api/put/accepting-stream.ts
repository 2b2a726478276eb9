import { ApiError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../core/streams.ts';
import type { ApiSettings } from '../context.ts';
import { statusOf } from '../streams/status.ts';

/**
 * The stream found under this name, if it takes puts now: it is there, it is ACTIVE, and its records come from its
 * producers and not from a source of its own. The messages are AWS's.
 */
export function acceptingStream(
  { settings, now }: { readonly settings: Pick<ApiSettings, 'accountId'>; readonly now: () => number },
  name: string,
  stream: StreamDefinition | undefined,
): StreamDefinition {
  const { accountId } = settings;
  const status = stream === undefined ? 'GONE' : statusOf(stream, now());
  if (stream === undefined || status === 'GONE') {
    throw new ApiError('ResourceNotFoundException', `Firehose ${name} under account ${accountId} not found.`);
  }
  if (status !== 'ACTIVE') {
    throw new ApiError('ResourceNotFoundException', `Firehose ${name} is not active in ${accountId} account.`);
  }
  if (stream.type !== 'DirectPut') {
    const message = `This operation is not permitted on ${stream.type} delivery stream type.`;
    throw new ApiError('InvalidArgumentException', message);
  }
  return stream;
}
