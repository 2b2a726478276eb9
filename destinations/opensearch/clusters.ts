/** A cluster as this host reaches it. */
export interface Cluster {
  /** The URL that its APIs are under. */
  readonly endpoint: string;
  /** In PEM: what its certificate must be signed by; absent for the authorities that Node trusts. */
  readonly certificateAuthority?: string;
  /**
   * The headers that let a request in. Asked for before each, so that a changed password is used at once. Throws a
   * `DeliveryError` that is worth another try when there is nothing to let it in with.
   */
  readonly authorize?: (request: RequestToAuthorize) => Promise<Readonly<Record<string, string>>>;
}

export interface RequestToAuthorize {
  readonly url: URL;
  readonly body: Uint8Array;
}

/**
 * The cluster at an endpoint, or of a domain's ARN. Rejects with a `DeliveryError` that is worth another try where a
 * domain's endpoint cannot be had.
 */
export type Clusters = (address: string) => Cluster | Promise<Cluster>;
