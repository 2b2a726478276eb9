import type { Log } from '../host/log.ts';

/** A JSON object a line, as CloudWatch Logs Insights reads them, in the form that the local host's log has. */
export function jsonLog(write: (line: string) => void, now: () => number): Log {
  const at = (level: string) => (fields: object, sentence: string) => {
    const line = { level, time: new Date(now()).toISOString(), ...fields, msg: sentence };
    write(`${JSON.stringify(line, (_, value: unknown) => (value instanceof Error ? plain(value) : value))}\n`);
  };
  return { debug: () => {}, info: at('info'), warn: at('warn'), error: at('error') };
}

/** An error's own members are not among those that JSON takes. */
function plain({ name, message, stack, cause, ...members }: Error): object {
  return { type: name, message, stack, ...(cause !== undefined && { cause }), ...members };
}
