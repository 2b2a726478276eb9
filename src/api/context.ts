import type { RecordBlock } from '../core/records.ts';
import type { DestinationKind, StreamDefinition, StreamStore } from '../core/streams.ts';
import type { Tables } from '../formats/conversion/stream-table.ts';

/** A request as either host hands it over: parsed no further than HTTP itself. Header names are lower case. */
export interface ApiRequest {
  readonly method: string;
  /** Path and query as sent. */
  readonly url: string;
  /** The same as the client signed it, where a gateway has taken a part of the path away. */
  readonly signedUrl?: string;
  /** The client's address, for the log. */
  readonly from?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Valid until the request is answered; its memory may be another request's then. */
  readonly body: Uint8Array;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Who has sent a request. */
export interface Caller {
  /** The region that the request talks to. */
  readonly region: string;
  /**
   * Throws AWS's AccessDeniedException unless the caller may do this with the stream of this name or, without a name,
   * with all there are. The action is as in a policy: `firehose:PutRecord`.
   */
  readonly authorize: (action: string, streamName?: string) => void;
}

/** Resolves with who has sent the request; rejects with AWS's error when that is not clear. */
export type Gate = (request: ApiRequest) => Promise<Caller>;

/** What the API needs of its host. */
export interface ApiContext {
  readonly gate: Gate;
  readonly streams: StreamStore;
  /**
   * Resolves when the records are durable. Rejects with `ServiceUnavailableException` when the buffer cannot take them.
   */
  readonly ingest: (stream: StreamDefinition, records: RecordBlock) => Promise<void>;
  /**
   * Called after a stream was created or its destination updated: what it holds may be due now, or deliverable at last.
   */
  readonly changed: (stream: StreamDefinition) => void;
  /** Called after a stream was deleted: drops what is buffered, having said so in the log. */
  readonly discard: (stream: StreamDefinition) => Promise<void>;
  /** Ms since the epoch. */
  readonly now: () => number;
  /** A new stream incarnation's id: letters and digits, never seen before. */
  readonly newStreamId: () => string;
  /** A new request id in UUID form. */
  readonly newRequestId: () => string;
  readonly settings: ApiSettings;
  /** Something the operator should know, as one sentence with its fields. */
  readonly warn: (message: string, fields: Readonly<Record<string, string>>) => void;
}

export interface ApiSettings {
  /** Twelve digits. */
  readonly accountId: string;
  /** Used when the request's signature names none. */
  readonly defaultRegion: string;
  /** How long streams stay CREATING and DELETING, in ms; 0 is at once. */
  readonly transitionMs: number;
  /** Refuse streams whose destination has no adapter, instead of sending their records to the backup. */
  readonly strictDestinations: boolean;
  readonly hasAdapter: (kind: DestinationKind) => boolean;
  /** Who encrypts objects under this KMS key: Hydrant, before they leave, or the store; undefined when nobody can. */
  readonly encryptedBy: (kmsKeyArn: string) => 'Hydrant' | 'the store' | undefined;
  /** Why no records can be sent to the URL, as a sentence; undefined when they can. */
  readonly refusesUrl: (url: URL) => string | undefined;
  /** The tables that records can be converted to. */
  readonly tables: Tables;
  /** AWS's quota of streams an account. */
  readonly streamQuota: number;
}
