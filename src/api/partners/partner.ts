/** A service that takes Firehose's HTTP protocol, and what AWS's console sets for it. */
export interface Partner {
  readonly name: string;
  /**
   * What the host and path of a URL look like that is meant for it: the host alone where nothing else is there, so that
   * other interfaces of the partner are endpoints like any other.
   */
  readonly place: RegExp;
  /** What the path must be like there; anything when absent. */
  readonly path?: RegExp;
  /** How its URLs are written, for eyes; the most usual first. */
  readonly urlForms: readonly string[];
  /** One that works, but for what is the user's own. */
  readonly url: string;
  /** What the access key is; absent where a part of the URL is the key. */
  readonly accessKey?: {
    readonly is: string;
    readonly example: string;
    readonly pattern?: RegExp;
    /** What the pattern asks for. */
    readonly described?: string;
  };
  readonly attributes: readonly PartnerAttribute[];
  /** Of the size hint, in MB: what it is unless given, and the largest that the partner takes. */
  readonly size: { readonly byDefault: number; readonly most: number };
  /** How long is retried unless the stream says. Absent: as for any endpoint. */
  readonly retryInSeconds?: number;
  readonly contentEncoding: 'GZIP' | 'NONE';
  /** What else a user should know, in whole sentences. */
  readonly notes: readonly string[];
  /** The partner's own page, or AWS's where it has none. */
  readonly documentation: string;
}

/** A common attribute that the partner reads. */
export interface PartnerAttribute {
  readonly name: string;
  readonly is: string;
  readonly example: string;
  readonly isRequired: boolean;
}

/** Every console preset has this interval. https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html */
export const PARTNER_INTERVAL_S = 60;
/** The API's own for any HTTP endpoint. */
export const ENDPOINT_SIZE_MOST_MB = 64;
