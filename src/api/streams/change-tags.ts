import { ApiError } from '../../core/errors.ts';
import type { Tag } from '../../core/streams.ts';
import type { ApiContext } from '../context.ts';
import { changeStream } from './find.ts';
import { statusOf } from './status.ts';

/**
 * Tags may change while a stream is being created, but not while it is being deleted. AWS's wording for that was not
 * observed.
 */
export async function changeTags(
  context: ApiContext,
  name: string,
  change: (tags: readonly Tag[]) => readonly Tag[],
): Promise<void> {
  await changeStream(context, name, (current) => {
    if (statusOf(current, context.now()) === 'DELETING') {
      throw new ApiError('ResourceInUseException', `Cannot tag firehose: ${name} when it is in DELETING status`);
    }
    return { ...current, tags: change(current.tags) };
  });
}
