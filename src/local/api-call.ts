import type { ApiRequest, ApiResponse } from '../api/context.ts';
import { ApiError } from '../core/errors.ts';
import type { JsonObject } from '../core/json.ts';

/** Calls an operation of the API; `input` may be JSON text already. Rejects with the `ApiError` of a refusal. */
export type ApiCall = (operation: string, input: JsonObject | string) => Promise<JsonObject>;

export function apiCall(handle: (request: ApiRequest) => Promise<ApiResponse>): ApiCall {
  return async (operation, input) => {
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Firehose_20150804.${operation}`,
    };
    const body = Buffer.from(typeof input === 'string' ? input : JSON.stringify(input));
    const answer = await handle({ method: 'POST', url: '/', headers, body });
    const output = JSON.parse(Buffer.from(answer.body).toString('utf8'));
    if (answer.status !== 200) throw new ApiError(output.__type, output.message, answer.status);
    return output;
  };
}
