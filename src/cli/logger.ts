import { type Logger, pino } from 'pino';
import { type PrettyOptions, prettyFactory } from 'pino-pretty';
import type { LogLevel } from '../local/hydrant-config.ts';

/** What could not be written yet, in bytes; further lines are dropped. */
const UNWRITTEN_MOST_BYTES = 1024 * 1024;

/**
 * Logs to stdout, or to stderr where records go there: for eyes on a terminal, one JSON object a line otherwise.
 * Written at once, so that a crash loses no line. A disk that is full or a terminal that is gone costs lines, never the
 * service; what is kept of them is written before the next line that can be.
 */
export function openLogger(level: LogLevel, { fd, isTTY }: NodeJS.WriteStream & { readonly fd: number }): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const output = pino.destination({ fd, sync: true, maxLength: UNWRITTEN_MOST_BYTES });
  output.on('error', () => {}); // there is nowhere left to say it
  const shown = isTTY ? prettyFactory({ ...FOR_EYES, colorize: true }) : String;
  // Not the destination itself: pino flushes that after a fatal line, which on a full disk tries again for ever.
  return pino(options, { write: (line: string) => output.write(shown(line)) });
}

/** Sentences; the fields are in them, save where an object went. Errors are shown with their stacks. */
const FOR_EYES: PrettyOptions = {
  translateTime: 'SYS:HH:MM:ss',
  hideObject: true,
  messageFormat(log, messageKey) {
    const { output } = log as { readonly output?: { readonly bucket?: string; readonly key?: string } };
    const place = output?.key === undefined ? '' : `\n           ${output.bucket}/${output.key}`;
    return `${log[messageKey]}${place}`;
  },
};
