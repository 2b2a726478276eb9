import type { Alarm } from '../alarm.ts';

/** What a function says on the console, a line at a time, bounded. */
export interface FunctionLine {
  readonly functionName: string;
  /** The stream whose records are being transformed; absent while the module loads, and between calls. */
  readonly streamName?: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly text: string;
}

export interface FunctionPorts {
  readonly now: () => number;
  readonly alarm: Alarm;
  readonly newInvocationId: () => string;
  readonly log: (line: FunctionLine) => void;
}
