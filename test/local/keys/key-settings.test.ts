import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { withSecrets } from '../../../src/local/keys/key-settings.ts';
import { settingsIn } from '../../../src/local/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'hydrant-key-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'secret'), 'from a file\n');
writeFileSync(join(folder, 'empty'), '\n');

const keysIn = async (...keys: readonly object[]) =>
  withSecrets(settingsIn({ keys }, join(folder, 'hydrant.config.json')).keys ?? []);

const KEY = { accessKeyId: 'producer', secretAccessKey: 'file:./secret' };

describe('the keys of a configuration file', () => {
  it('may do everything unless it says otherwise, with a secret from beside the file', async () => {
    expect(await keysIn(KEY)).toEqual([
      {
        accessKeyId: 'producer',
        secretAccessKey: 'from a file',
        userName: 'producer',
        actions: ['*'],
        streams: ['*'],
      },
    ]);
  });

  it('have their secret from the environment', async () => {
    process.env.HYDRANT_TEST_SECRET = 'from a variable';

    expect(await keysIn({ ...KEY, secretAccessKey: 'env:HYDRANT_TEST_SECRET' })).toMatchObject([
      { secretAccessKey: 'from a variable' },
    ]);
  });

  it('are for what they are said to be for', async () => {
    expect(
      await keysIn(
        { ...KEY, allow: 'put', streams: ['clicks', 'orders-*'] },
        { ...KEY, accessKeyId: 'other', name: 'ops', actions: ['PutRecord', 'firehose:Describe*', 'hydrant:Flush'] },
      ),
    ).toMatchObject([
      { actions: ['firehose:PutRecord', 'firehose:PutRecordBatch'], streams: ['clicks', 'orders-*'] },
      { userName: 'ops', actions: ['firehose:PutRecord', 'firehose:Describe*', 'hydrant:Flush'], streams: ['*'] },
    ]);
  });

  it.each<[string, object, string]>([
    [
      'a secret in clear',
      { secretAccessKey: 'wJalrXUtn' },
      'keys[0].secretAccessKey: must be env: and the name of a variable, or file: and a path.',
    ],
    [
      'a variable that is not set',
      { secretAccessKey: 'env:NO_SUCH' },
      'keys[0].secretAccessKey: there is no secret in the variable NO_SUCH.',
    ],
    [
      'no file',
      { secretAccessKey: 'file:none' },
      `keys[0].secretAccessKey: there is no secret in ${join(folder, 'none')}.`,
    ],
    [
      'an empty file',
      { secretAccessKey: 'file:empty' },
      `keys[0].secretAccessKey: there is no secret in ${join(folder, 'empty')}.`,
    ],
    ['no id', { accessKeyId: undefined }, 'keys[0].accessKeyId: is missing.'],
    ['a wrong id', { accessKeyId: 'a/b' }, 'keys[0].accessKeyId: must be an id of 3 to 128 letters, digits and _'],
    [
      'no such action',
      { actions: ['PutRecrd'] },
      'keys[0].actions[0]: must be an action such as firehose:PutRecord; it is "PutRecrd". Did you mean \'firehose:PutRecord\'?',
    ],
    ['no stream', { streams: ['a b'] }, "keys[0].streams[0]: must be a delivery stream's name"],
    ['both allow and actions', { allow: 'put', actions: ['*'] }, 'keys[0].allow: cannot be given along with actions.'],
  ])('are refused with %s', async (_, change, message) => {
    await expect(keysIn({ ...KEY, ...change })).rejects.toThrow(message);
  });

  it('do not show a secret that was written into the file', async () => {
    await expect(keysIn({ ...KEY, secretAccessKey: 'wJalrXUtn' })).rejects.toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('wJalrXUtn') }),
    );
  });

  it('are refused when two have one id', async () => {
    await expect(keysIn(KEY, KEY)).rejects.toThrow('keys[1].accessKeyId: producer is there twice.');
  });
});
