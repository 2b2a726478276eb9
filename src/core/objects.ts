/** Buckets: a folder each by default, S3 or anything that speaks it when configured. */
export interface ObjectStore {
  /**
   * Whether it can encrypt objects under a customer's KMS key. A stream that asks for it where it cannot be done is
   * refused.
   */
  readonly encryptsWithKms: boolean;

  /**
   * Stores one object, streamed. The object appears whole or not at all, and once resolved survives a crash. Rejects
   * with a `DeliveryError` (`S3.NoSuchBucket`, `S3.AccessDenied`, …) that says whether the far side refused it for
   * certain.
   */
  put(object: ObjectPut, signal: AbortSignal): Promise<PutResult>;

  /** Whether the key holds an object now. */
  exists(at: ObjectAddress, signal: AbortSignal): Promise<boolean>;
}

export interface ObjectAddress {
  readonly bucket: string;
  readonly key: string;
}

export interface ObjectPut extends ObjectAddress {
  readonly body: AsyncIterable<Uint8Array>;
  readonly contentType: string;
  readonly contentEncoding?: string;
  readonly kmsKeyArn?: string;
  /** An unfinished multipart upload of an earlier attempt, to be aborted first. */
  readonly abandonedUpload?: string;
  /** Called, and awaited, with a new multipart upload's id before its first part is sent. */
  readonly onUpload?: (uploadId: string) => Promise<void>;
}

export interface PutResult {
  /** `already-there`: the key existed. Keys are unique to a batch, so an earlier attempt delivered it. */
  readonly outcome: 'stored' | 'already-there';
  readonly bytes: number;
}
