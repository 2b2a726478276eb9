import { ApiError } from '../../core/errors.ts';
import { regionOf, streamArn } from '../caller.ts';
import type { ApiContext, ApiRequest, Gate } from '../context.ts';
import type { AccessKey, KeyStore } from './keys.ts';
import { permits } from './permission.ts';
import { type Refused, refusalLog } from './refusal-log.ts';
import { type Verified, verify } from './verify.ts';

export interface GateOptions {
  readonly keys: KeyStore;
  readonly settings: Pick<ApiContext['settings'], 'accountId' | 'defaultRegion'>;
  readonly now: () => number;
  /** Told of refused calls: who, what and why, never a secret. At most some a minute. */
  readonly warn: ApiContext['warn'];
}

/** What clients sign for. */
const SERVICE = 'firehose';

/** Lets in whoever holds a key, to do what the key is for; and everybody, while no key was ever given out. */
export function gate({ keys, settings, now, warn }: GateOptions): Gate {
  const log = refusalLog(warn, now);
  const open = openGate(settings);

  function refuse(request: ApiRequest, error: unknown, more: Partial<Refused>): never {
    if (error instanceof ApiError) log(request, { code: error.code, reason: error.message, ...more });
    throw error;
  }

  return async (request) => {
    if (!(await keys.isRequired())) return open(request);
    const signed = { ...request, url: request.signedUrl ?? request.url };
    const find = (accessKeyId: string) => keys.find(accessKeyId);
    let verified: Verified;
    try {
      verified = await verify(signed, { service: SERVICE, now: now(), find });
    } catch (error) {
      return refuse(request, error, {});
    }
    const { key, region } = verified;
    return {
      region,
      authorize(action, streamName) {
        if (permits(key, action, streamName)) return;
        const { accountId } = settings;
        const error = accessDenied(key, action, { accountId, region, streamName });
        refuse(request, error, { action, accessKeyId: key.accessKeyId, userName: key.userName });
      },
    };
  };
}

/** Lets everybody do everything: for a program's own calls, and where no key was ever given out. */
export function openGate({ defaultRegion }: Pick<ApiContext['settings'], 'defaultRegion'>): Gate {
  return async (request) => ({ region: regionOf(request, defaultRegion), authorize: () => {} });
}

/** Names are shown as they came, before anybody has looked whether they are names. */
const LONGEST_SHOWN = 100;

function accessDenied(
  { userName }: AccessKey,
  action: string,
  on: { readonly accountId: string; readonly region: string; readonly streamName: string | undefined },
): ApiError {
  const { accountId, region, streamName = '*' } = on;
  const user = `arn:aws:iam::${accountId}:user/${userName}`;
  const resource = streamArn({ accountId, region, name: streamName.slice(0, LONGEST_SHOWN) });
  const message = `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  return new ApiError('AccessDeniedException', message);
}
