import { describe, expect, test } from 'vitest';
import { testApi } from '../kit/api.ts';
import { createInput } from './inputs.ts';

const clicks = { DeliveryStreamName: 'clicks' };
const tag = (Key: string, Value?: string) => (Value === undefined ? { Key } : { Key, Value });

async function tagged(tags?: readonly { readonly Key: string; readonly Value?: string }[], settings = {}) {
  const firehose = testApi(settings);
  await firehose.output('CreateDeliveryStream', createInput('ExtendedS3', {}, tags ? { Tags: tags } : {}));
  return {
    ...firehose,
    list: (others = {}) => firehose.output('ListTagsForDeliveryStream', { ...clicks, ...others }),
  };
}

describe('tags', () => {
  test('of a stream without any are an empty list', async () => {
    expect(await (await tagged()).list()).toEqual({ Tags: [], HasMoreTags: false });
  });

  test('come in byte order of their keys, where UTF-16 has another', async () => {
    const { list } = await tagged([tag('𐀀'), tag('\u{fb01}'), tag('b', ''), tag('B', '1')]);

    expect((await list()).Tags).toEqual([tag('B', '1'), tag('b', ''), tag('\u{fb01}'), tag('𐀀')]);
  });

  test('can be listed in pages', async () => {
    const { list } = await tagged([tag('a'), tag('b'), tag('c')]);

    expect(await list({ Limit: 1, ExclusiveStartTagKey: 'a' })).toEqual({ Tags: [tag('b')], HasMoreTags: true });
    expect(await list({ ExclusiveStartTagKey: 'b' })).toEqual({ Tags: [tag('c')], HasMoreTags: false });
  });

  test('given again replace their value, and the last of a call wins', async () => {
    const { output, list } = await tagged([tag('a', '1'), tag('b', '1')]);

    await output('TagDeliveryStream', { ...clicks, Tags: [tag('a', '2'), tag('a', '3'), tag('c')] });

    expect((await list()).Tags).toEqual([tag('a', '3'), tag('b', '1'), tag('c')]);
  });

  test('that are removed need not be there', async () => {
    const { output, list } = await tagged([tag('a'), tag('b')]);

    expect(await output('UntagDeliveryStream', { ...clicks, TagKeys: ['a', 'x'] })).toEqual({});

    expect((await list()).Tags).toEqual([tag('b')]);
  });

  test('leave the version of a stream alone', async () => {
    const { output } = await tagged();

    await output('TagDeliveryStream', { ...clicks, Tags: [tag('a')] });

    const { DeliveryStreamDescription } = await output('DescribeDeliveryStream', clicks);
    expect(DeliveryStreamDescription).toMatchObject({ VersionId: '1' });
  });

  const fifty = Array.from({ length: 50 }, (_, i) => tag(`k${i}`));

  test('are fifty at most', async () => {
    const { call, list } = await tagged(fifty);

    expect((await call('TagDeliveryStream', { ...clicks, Tags: [tag('k0', 'new')] })).status).toBe(200);
    expect((await call('TagDeliveryStream', { ...clicks, Tags: [tag('one more')] })).body.__type).toBe(
      'LimitExceededException',
    );
    expect((await list()).Tags).toHaveLength(50);
  });

  test('of one call are fifty at most', async () => {
    const { call } = await tagged();

    expect((await call('TagDeliveryStream', { ...clicks, Tags: [...fifty, tag('one more')] })).body.message).toBe(
      "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member must have length less than or equal to 50",
    );
  });

  test('change while a stream is CREATING, but not while it is DELETING', async () => {
    const { call, clock, output } = await tagged(undefined, { transitionMs: 1_000 });

    expect((await call('TagDeliveryStream', { ...clicks, Tags: [tag('a')] })).status).toBe(200);
    clock.now += 1_000;
    await output('DeleteDeliveryStream', clicks);

    expect((await call('UntagDeliveryStream', { ...clicks, TagKeys: ['a'] })).body.__type).toBe(
      'ResourceInUseException',
    );
  });
});
