import { invalidArgument } from '../invalid.ts';
import type { cloudWatchLoggingOptions } from '../shapes/common.ts';
import type { ValueOf } from '../shapes/index.ts';

export type LoggingOptions = ValueOf<typeof cloudWatchLoggingOptions>;

export function completeLogging(options: LoggingOptions | undefined): LoggingOptions {
  return { Enabled: false, ...options };
}

export function checkLogging(options: LoggingOptions | undefined): void {
  if (options?.Enabled !== true) return;
  if (!options.LogGroupName) {
    throw invalidArgument('CloudWatch Log Group Name is required if CloudWatch Logging is enabled');
  }
  if (!options.LogStreamName) {
    throw invalidArgument('CloudWatch Log Stream Name is required if CloudWatch Logging is enabled');
  }
}
