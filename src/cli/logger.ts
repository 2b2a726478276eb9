import { type Logger, pino } from 'pino';
import pretty, { type PrettyOptions } from 'pino-pretty';
import type { LogLevel } from '../local/settings.ts';

/**
 * Logs to stdout: for eyes on a terminal, one JSON object a line otherwise. Written at once, so that a crash loses no
 * line.
 */
export function openLogger(level: LogLevel): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return process.stdout.isTTY ? pino(options, pretty({ ...FOR_EYES, colorize: true })) : pino(options);
}

/** Sentences; the fields are in them, save where an object went. Errors are shown with their stacks. */
const FOR_EYES: PrettyOptions = {
  sync: true,
  translateTime: 'SYS:HH:MM:ss',
  hideObject: true,
  messageFormat(log, messageKey) {
    const { output } = log as { readonly output?: { readonly bucket?: string; readonly key?: string } };
    const place = output?.key === undefined ? '' : `\n           ${output.bucket}/${output.key}`;
    return `${log[messageKey]}${place}`;
  },
};
