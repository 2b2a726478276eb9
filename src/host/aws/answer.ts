/** Of what a service says, in messages of ours. */
export const TEXT_MOST = 300;

/** The members of an answer in JSON; none when it is anything else. */
export function membersOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {}; // a proxy's page, perhaps; the status says enough
  }
}

/** A text of an answer, cut where it is long; empty when it is none. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_MOST) : '';
}
