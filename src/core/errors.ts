/** For the caller of the API: AWS's error code and AWS's exact message. The host turns it into the wire form. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

export interface DeliveryErrorOptions {
  /** What went wrong, for error records, logs and metrics: `S3.AccessDenied`, `HttpEndpoint.DestinationException`. */
  readonly code: string;
  /** Whether the same bytes may succeed later. When in doubt say yes: doubt must not lose data. */
  readonly retryable: boolean;
  /**
   * True when the far side certainly took nothing, so that the plan may be replaced by one from a newer stream version.
   */
  readonly refused?: boolean;
  /** True when fewer records at once may be taken: the slice is halved. */
  readonly isTooLarge?: boolean;
  /** How long the far side asks to be left alone, in ms. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * For the pipeline: a whole delivery attempt failed. The message is a sentence for an operator and never holds a
 * secret.
 */
export class DeliveryError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly refused: boolean;
  readonly isTooLarge: boolean;
  readonly retryAfterMs: number;

  constructor(message: string, options: DeliveryErrorOptions) {
    super(message, { cause: options.cause });
    this.name = 'DeliveryError';
    this.code = options.code;
    this.retryable = options.retryable;
    this.refused = options.refused ?? false;
    this.isTooLarge = options.isTooLarge ?? false;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/**
 * A setting the operator gave cannot be used. `field` is its path as the operator wrote it, such as
 * `streams[0].DeliveryStreamName`.
 */
export class ConfigError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(`${field}: ${message}`);
    this.name = 'ConfigError';
    this.field = field;
  }
}
