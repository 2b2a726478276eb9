import type { JsonObject } from './json.ts';

export type DeliveryStreamType = 'DirectPut' | 'KinesisStreamAsSource' | 'MSKAsSource' | 'DatabaseAsSource';

/**
 * The name of a destination in the API, without its `DestinationConfiguration`, `DestinationDescription` or
 * `DestinationUpdate`. `S3` is stored as `ExtendedS3`.
 */
export type DestinationKind =
  | 'ExtendedS3'
  | 'Redshift'
  | 'Elasticsearch'
  | 'Amazonopensearchservice'
  | 'AmazonOpenSearchServerless'
  | 'Splunk'
  | 'HttpEndpoint'
  | 'Snowflake'
  | 'Iceberg';

/** A delivery stream as stored: immutable, replaced as a whole. Everything Describe says can be said from it. */
export interface StreamDefinition {
  /** This incarnation; a stream deleted and made again under the same name gets another. Letters and digits only. */
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly type: DeliveryStreamType;
  /** 1 at create; effective updates of the destination add 1. */
  readonly version: number;
  readonly createdAt: number;
  readonly updatedAt?: number;
  /** CREATING before this time (ms since the epoch), ACTIVE from then on. */
  readonly activeAt: number;
  /** DELETING until this time, gone from then on. Absent unless deleted. */
  readonly goneAt?: number;
  /**
   * The `…SourceConfiguration` of the create call by its member name, such as `{ KinesisStreamSourceConfiguration: {…}
   * }`.
   */
  readonly source?: JsonObject;
  /**
   * `config` is the wire `…DestinationConfiguration`, merged with updates, every default filled in, secrets included.
   */
  readonly destination: { readonly kind: DestinationKind; readonly config: JsonObject };
  readonly tags: readonly Tag[];
  /** Hydrant's own extensions: the create call's `Hydrant` member. */
  readonly extensions?: JsonObject;
}

export interface Tag {
  readonly Key: string;
  readonly Value?: string;
}

/** Stream definitions, durable. One writer per name at a time. */
export interface StreamStore {
  get(name: string): Promise<StreamDefinition | undefined>;
  byId(id: string): Promise<StreamDefinition | undefined>;
  /** All, in byte order of their names. */
  list(): Promise<readonly StreamDefinition[]>;
  /**
   * Replaces the stream's definition by what `decide` makes of it; undefined removes it, the same object leaves it
   * alone. Nobody else changes this name in between; what `decide` throws is thrown and nothing changes. A crash leaves
   * the old or the new.
   */
  change(
    name: string,
    decide: (current: StreamDefinition | undefined) => StreamDefinition | undefined,
  ): Promise<StreamDefinition | undefined>;
}
