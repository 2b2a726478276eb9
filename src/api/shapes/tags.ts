import { list, string, structure } from './shape.ts';

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_Tag.html */

/** AWS's quota of tags a stream, and of tags a call. */
export const TAGS_MOST = 50;

export const tagKey = string({ min: 1, max: 128, pattern: '^(?!aws:)[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$' });

const tag = structure(
  { Key: tagKey, Value: string({ min: 0, max: 256, pattern: '^[\\p{L}\\p{Z}\\p{N}_.:\\/=+\\-@%]*$' }) },
  ['Key'],
);

export const tagList = list(tag, { min: 1, max: TAGS_MOST });

export const tagKeyList = list(tagKey, { min: 1, max: TAGS_MOST });
