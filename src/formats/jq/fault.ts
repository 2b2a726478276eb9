/** A query that cannot be used: its syntax is wrong, or it asks for something this engine does not have. */
export interface JqFault extends Error {
  readonly is: 'jq-fault';
}

/** The message says what is wrong and where in the query. */
export function jqFault(what: string, query: string, at: number): JqFault {
  const before = query.slice(0, at).split('\n');
  const column = (before.at(-1) ?? '').length + 1;
  const fault = new Error(`${what}, at line ${before.length}, column ${column} of the jq query`);
  return Object.assign(fault, { is: 'jq-fault' as const });
}

export function isJqFault(thrown: unknown): thrown is JqFault {
  return thrown instanceof Error && 'is' in thrown && thrown.is === 'jq-fault';
}
