/** A key that Hydrant has issued, or was given, and what it may be used for. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** When there is one, every request must bring it. */
  readonly sessionToken?: string;
  /** For logs and AWS's error messages, as the name of a user. */
  readonly userName: string;
  /** As in a policy, with `*` and `?`: `firehose:PutRecord`, `firehose:*`. */
  readonly actions: readonly string[];
  /** Names of delivery streams, with `*` and `?`. */
  readonly streams: readonly string[];
  /** Ms since the epoch. */
  readonly expiresAt?: number;
}

/** Where a host keeps its keys. */
export interface KeyStore {
  /** Whether requests must be signed. Once true it stays so: taking back the last key opens nothing. */
  isRequired(): Promise<boolean>;
  /** The key as it is now, or within seconds. The id may be anything. */
  find(accessKeyId: string): Promise<AccessKey | undefined>;
}
