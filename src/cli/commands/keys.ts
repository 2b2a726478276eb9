import { Command } from 'commander';
import { action, allow, streamPattern, userName } from '../../local/keys/key-settings.ts';
import { durationMs, httpUrl, region, type Setting, text } from '../../local/setting.ts';
import { SETTINGS } from '../../local/settings.ts';
import { type Flag, flag } from '../flag.ts';

const LONGEST_MS = 3_650 * 24 * 3_600_000;

/** `clicks,orders-*`. */
function commaSeparated<T>(setting: Setting<T>): Setting<readonly T[]> {
  return (given, path) =>
    text(given, path)
      .split(',')
      .map((each) => setting(each.trim(), path));
}

const FLAGS: readonly Flag[] = [
  {
    flags: '--allow <what>',
    description: 'put (for producers), read, or all (default)',
    setting: allow,
  },
  {
    flags: '--actions <list>',
    description: 'in place of --allow: firehose:PutRecord,firehose:Describe*,hydrant:Flush',
    setting: commaSeparated(action),
  },
  {
    flags: '--streams <list>',
    description: "names, with * and ? as in 'clicks,orders-*' (default: all)",
    setting: commaSeparated(streamPattern),
  },
  {
    flags: '--expires <time>',
    description: 'how long the key is good for, such as 12h or 90d (default: for ever)',
    setting: durationMs(LONGEST_MS),
  },
];

const PLACES: readonly Flag[] = [
  { flags: '--data <folder>', description: 'data folder (default: ./data)', setting: SETTINGS.data },
  {
    flags: '-c, --config <file>',
    description: 'configuration file, which may name the data folder',
    setting: text,
  },
  {
    flags: '--stack <name>',
    description: 'for functions in AWS, in place of a data folder: the stack they were deployed as',
    setting: text,
  },
  { flags: '--keys-table <name>', description: 'in place of --stack: the table of keys', setting: text },
  {
    flags: '--data-key <arn>',
    description: 'with --keys-table, to create a key: the secret that keys are sealed under, or file:<path>',
    setting: text,
  },
  {
    flags: '--region <name>',
    description: 'region of the functions (default: as for every AWS tool)',
    setting: region,
  },
  {
    flags: '--endpoint <url>',
    description: "what speaks AWS's API, where the functions run on emulators",
    setting: httpUrl('the URL of an emulator'),
  },
];

/** `hydrant keys`: the keys that requests must be signed with. */
export function keysCommand(): Command {
  const keys = new Command('keys').description(
    'Give out, list and take back the keys that requests are signed with. A running service need not be restarted.',
  );
  const create = new Command('create')
    .description('Give out a key. Once there is one, every request must be signed.')
    .argument('[name]', "the holder's name, for the log and for messages");
  for (const each of FLAGS) create.addOption(flag(each));
  create.option('--session-token', 'the key has a session token too, as temporary credentials of AWS have');
  create.action(async (name: string | undefined, options) => {
    const { data, config, stack, keysTable, dataKey, region, endpoint, ...wanted } = options;
    const { runCreate } = await import('../keys.ts');
    await runCreate(
      { data, config, stack, keysTable, dataKey, region, endpoint },
      { ...wanted, ...(name !== undefined && { userName: userName(name, 'name') }) },
    );
  });
  const list = new Command('list').description('List the keys that were given out, without their secrets.');
  list.action(async (place) => {
    const { runList } = await import('../keys.ts');
    await runList(place);
  });
  const revoke = new Command('revoke')
    .description('Take a key back: it is refused within a second.')
    .argument('<id>', "the key's id");
  revoke.action(async (id: string, place) => {
    const { runRevoke } = await import('../keys.ts');
    await runRevoke(place, id);
  });
  for (const each of [create, list, revoke]) {
    for (const place of PLACES) each.addOption(flag(place));
    each.showHelpAfterError(`Run hydrant keys ${each.name()} --help for what there is.`).exitOverride();
    keys.addCommand(each);
  }
  return keys;
}
