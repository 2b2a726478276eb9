import { isJsonObject } from '../../core/json.ts';

/** Records that went to the error output for one reason. */
export interface Failure {
  /** Firehose's error-output-type. */
  readonly type: string;
  readonly code: string;
  readonly message: string;
  /** What was put, or the part of it that failed; one a record. */
  readonly records: readonly Buffer[];
}

export interface ErrorObject {
  readonly type: string;
  /** One error record a line, as Firehose writes them. */
  readonly body: Buffer;
}

/** What error objects say, by reason; the reasons with the most records first. */
export function failuresIn(objects: readonly ErrorObject[]): readonly Failure[] {
  const byReason = new Map<string, Failure & { readonly records: Buffer[] }>();
  for (const { type, body } of objects) {
    for (const line of body.toString().split('\n')) {
      if (line === '') continue;
      const { code, message, record } = errorRecord(line);
      const reason = JSON.stringify([type, code, message]);
      const failure = byReason.get(reason);
      if (failure === undefined) byReason.set(reason, { type, code, message, records: [record] });
      else failure.records.push(record);
    }
  }
  return [...byReason.values()].sort((a, b) => b.records.length - a.records.length);
}

/** Conversion has names of its own for the same members. */
function errorRecord(line: string): { readonly code: string; readonly message: string; readonly record: Buffer } {
  const parsed: unknown = JSON.parse(line);
  const { errorCode, errorMessage, lastErrorCode, lastErrorMessage, rawData } = isJsonObject(parsed) ? parsed : {};
  return {
    code: String(errorCode ?? lastErrorCode),
    message: String(errorMessage ?? lastErrorMessage),
    record: Buffer.from(String(rawData), 'base64'),
  };
}
