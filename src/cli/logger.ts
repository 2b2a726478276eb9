import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
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
  if (!process.stdout.isTTY) return pino(options);
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true, colorize: true }));
}
