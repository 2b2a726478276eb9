import type { ApiContext, ApiRequest, ApiResponse, ApiSettings } from '../../api/context.ts';
import { acceptingStream } from '../../api/put/accepting-stream.ts';
import { httpDelivery } from './http-delivery-route.ts';
import { type OncePorts, onceOnly } from './once.ts';
import type { SourceSettings } from './source-settings.ts';

export interface OtherSourcesPorts extends OncePorts {
  readonly context: Pick<ApiContext, 'streams' | 'now' | 'warn'> & {
    readonly settings: Pick<ApiSettings, 'accountId'>;
  };
  /** Whether those are refused who have no key. */
  readonly isKeyRequired: () => Promise<boolean>;
}

export interface OtherSources {
  /** `POST /http-delivery/<stream>` */
  readonly httpDelivery: (request: ApiRequest) => Promise<ApiResponse>;
  /** The stream is gone. */
  forget(streamId: string): void;
}

/** The ways into a stream beside the Firehose API and a source of its own. */
export function otherSources(settings: SourceSettings, ports: OtherSourcesPorts): OtherSources {
  const { context, isKeyRequired } = ports;
  const once = onceOnly(ports);
  return {
    httpDelivery: httpDelivery({
      accessKeys: settings.httpDelivery ?? {},
      acceptingStream: async (name) => acceptingStream(context, name, await context.streams.get(name)),
      ...{ isKeyRequired, once, now: context.now, warn: context.warn },
    }),
    forget: once.forget,
  };
}
