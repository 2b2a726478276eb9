import type { ApiContext, ApiRequest } from '../context.ts';

/** Why a call was refused. */
export interface Refused {
  readonly code: string;
  readonly reason: string;
  readonly action?: string;
  readonly accessKeyId?: string;
  readonly userName?: string;
}

const LINES_A_MINUTE = 20;
const MINUTE_MS = 60_000;
const LONGEST_SHOWN = 300;

/**
 * Writes a line for each refused call, as CloudTrail would: but no more than some a minute, since whoever is refused
 * can go on calling. The first line after that says how many were left out.
 */
export function refusalLog(
  warn: ApiContext['warn'],
  now: () => number,
): (request: ApiRequest, refused: Refused) => void {
  let minuteAt = Number.NEGATIVE_INFINITY;
  let lines = 0;
  let leftOut = 0;

  return (request, { code, reason, ...known }) => {
    const { from } = request;
    const at = now();
    if (Math.abs(at - minuteAt) >= MINUTE_MS) {
      minuteAt = at;
      lines = 0;
    }
    if (lines === LINES_A_MINUTE) {
      leftOut++;
      return;
    }
    lines++;
    warn(`A call was refused: ${code}.`, {
      code,
      reason: reason.slice(0, LONGEST_SHOWN),
      call: callIn(request),
      ...claimedKeyIn(request),
      ...known,
      ...(from !== undefined && { from }),
      ...(leftOut > 0 && { leftOut: String(leftOut) }),
    });
    leftOut = 0;
  };
}

function callIn({ method, url, headers }: ApiRequest): string {
  const target = headers['x-amz-target'];
  return (typeof target === 'string' ? target : `${method} ${url.replace(/\?.*$/s, '')}`).slice(0, LONGEST_SHOWN);
}

/** The key that the request says it is signed with, which may be nobody's. */
function claimedKeyIn({ url, headers }: ApiRequest): Partial<Pick<Refused, 'accessKeyId'>> {
  const [, accessKeyId] =
    /\bCredential=(\w{1,128})\//.exec(String(headers.authorization)) ??
    /X-Amz-Credential=(\w{1,128})(?:%2F|\/)/.exec(url) ??
    [];
  return accessKeyId === undefined ? {} : { accessKeyId };
}
