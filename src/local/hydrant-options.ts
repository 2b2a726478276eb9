import type { Logger } from 'pino';
import type { CustomDestination } from '../../destinations/custom.ts';
import type { FileSettings } from '../../destinations/file/places.ts';
import type { AccessKey } from '../api/authentication/keys.ts';
import type { DrainEvent } from '../core/events.ts';
import type { ObjectStore } from '../core/objects.ts';
import type { Adapters } from '../core/route.ts';
import type { TableSchema } from '../formats/conversion/converter.ts';
import type { KnownClusters } from '../host/clusters.ts';
import type { KeyHolding } from '../host/encryption-keys.ts';
import type { LambdaApiSettings } from '../host/functions/lambda-api.ts';
import type { GlueSettings } from '../host/glue/glue-api.ts';
import type { SecretReference } from '../host/secret-reference.ts';
import type { SecretsManagerSettings } from '../host/secrets-manager-api.ts';
import type { S3Settings } from '../objects/s3.ts';
import type { LocalModule } from './functions/local-function.ts';
import type { KafkaCluster } from './kafka-settings.ts';
import type { KinesisSettings } from './kinesis/kinesis-client.ts';
import type { RedshiftSettings } from './redshift-settings.ts';
import type { Concurrency } from './slots.ts';
import type { SourceSettings } from './sources/source-settings.ts';

export interface HydrantOptions {
  /**
   * Holds the buffer (`log`), the stream definitions (`streams`) and, unless `s3` is given, the buckets (`buckets`).
   * Made when missing; one process at a time.
   */
  readonly dataFolder: string;
  /** Objects go to S3 or a store that speaks it, instead of a folder per bucket. */
  readonly s3?: S3Settings;
  /** How many bytes the buffer may take on disk. Default: 10 GiB, or half of what is free if that is less. */
  readonly bufferBudgetBytes?: number;
  /**
   * `always` (default): a put is answered when its bytes are on the disk. `interval`: when the system has them; a power
   * cut may lose the last second's puts, `kill -9` nothing.
   */
  readonly fsync?: 'always' | 'interval';
  /** Twelve digits; in ARNs and error messages. Default 000000000000. */
  readonly accountId?: string;
  /** For streams whose creator's signature names no region. Default us-east-1. */
  readonly region?: string;
  /** How long streams stay CREATING and DELETING, in ms. Default 0: at once. */
  readonly transitionMs?: number;
  /** Refuse to create streams whose destination has no adapter, instead of sending their records to the S3 backup. */
  readonly strictDestinations?: boolean;
  /** Send to HTTP endpoints on other machines without encryption, where a stream's URL is http. Default false. */
  readonly plainHttp?: boolean;
  /** Modules that run here in place of Lambda functions, by the functions' names. */
  readonly functions?: Readonly<Record<string, LocalModule>>;
  /** Invokes all other functions through Lambda's API. Without it their streams' records go to the error output. */
  readonly lambda?: LambdaApiSettings;
  /** Feeds streams whose source is a Kinesis stream. Without it they are not fed. */
  readonly kinesis?: KinesisSettings;
  /** Feeds streams from elsewhere than the Firehose API. */
  readonly sources?: SourceSettings;
  /** Feeds streams whose source is a topic: the Kafka clusters, by the ARN that streams name. */
  readonly kafka?: Readonly<Record<string, KafkaCluster>>;
  /** Destinations of your own, by the scheme of the URLs that name them: `loki` for `loki://…`. */
  readonly destinations?: Readonly<Record<string, CustomDestination>>;
  /** Where streams may write files, by `file:///…` URLs. Without it they may nowhere. */
  readonly files?: FileSettings;
  /** Whether streams may write to standard output, by the URL `stdout://`. Default false. */
  readonly stdout?: boolean;
  /** Where secrets are that streams name by their ARN in AWS Secrets Manager. */
  readonly secrets?: Readonly<Record<string, SecretReference>>;
  /** Where all other secrets come from; without it there are no others. */
  readonly secretsManager?: SecretsManagerSettings;
  /** How OpenSearch clusters are reached that need more than their endpoint: by its origin. */
  readonly opensearch?: KnownClusters;
  /**
   * Keys that objects are encrypted under before they leave, by the KMS key ARN that streams name. Objects under any
   * other key are for the store to encrypt.
   */
  readonly encryptionKeys?: Readonly<Record<string, KeyHolding>>;
  /** How Redshift is asked to load what is in the buckets. Without it records for Redshift go to the error output. */
  readonly redshift?: RedshiftSettings;
  /** Schemas of tables that records can be converted to, by `<database>.<table>`, as Glue has them in AWS. */
  readonly tables?: Readonly<Record<string, TableSchema>>;
  /** Where all other tables come from; without it there are no others. */
  readonly glue?: GlueSettings;
  /**
   * Keys that requests may be signed with, beside those that `hydrant keys create` has given out. Without any of
   * either, nothing checks who calls.
   */
  readonly keys?: readonly AccessKey[];
  /** Delivery attempts that may run at once, over all streams and of one. Default 16 and 4. */
  readonly deliveries?: Partial<Concurrency>;
  /** Takes the objects of every stream, instead of folders or S3. */
  readonly objects?: ObjectStore;
  /** Gives what is to deliver in place of this version's own adapters, which it is handed. */
  readonly adapt?: (own: Adapters) => Adapters;
  /** Told what becomes of batches, beside the log. */
  readonly report?: (event: DrainEvent) => void;
  /** Ms since the epoch; the system's clock unless given. A clock that stands still lets no interval end. */
  readonly now?: () => number;
  readonly logger: Logger;
}
