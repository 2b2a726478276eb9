import { InvalidArgumentError, Option } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { reasonOf, type Setting } from '../local/setting.ts';

export interface Flag {
  /** As commander writes it: `--port <number>`. */
  readonly flags: string;
  readonly description: string;
  readonly setting: Setting<unknown>;
  readonly byDefault?: number;
}

/**
 * A flag whose text is read by a setting, like a member of the configuration file; `<number>` in its name makes it a
 * number.
 */
export function flag({ flags, description, setting, byDefault }: Flag): Option {
  const isNumber = flags.endsWith('<number>');
  const option = new Option(flags, description).argParser((text: string) => {
    try {
      // What is no number stays a text, for the setting to refuse.
      return setting(isNumber && /^\d{1,15}$/.test(text) ? Number(text) : text, flags);
    } catch (error) {
      throw error instanceof ConfigError ? new InvalidArgumentError(`It ${reasonOf(error)}`) : error;
    }
  });
  return byDefault === undefined ? option : option.default(byDefault);
}
