import type { ClusterConfig } from './cluster-settings.ts';
import type { EncryptionKeyConfig } from './encryption-key-settings.ts';
import type { KafkaConfig } from './kafka-settings.ts';
import type { RedshiftConfig } from './redshift-settings.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** What a configuration file exports. Every member has a default; flags of the same name win over it. */
export interface HydrantConfig {
  /** Default 4573; 0 takes a free one. */
  readonly port?: number;
  /** The address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** The data folder, relative to the configuration file. Default ./data of the current folder. */
  readonly data?: string;
  /**
   * What the buffer may take on disk: `10GiB`, or a number of bytes. Default: 10 GiB, or half of what is free if that
   * is less.
   */
  readonly bufferBudget?: string | number;
  /** When a put is acknowledged: once its bytes are on the disk (default), or once the system has them. */
  readonly fsync?: 'always' | 'interval';
  /** Twelve digits. Default 000000000000. */
  readonly accountId?: string;
  /** For clients whose signature names no region. Default us-east-1. */
  readonly region?: string;
  /** How long streams stay CREATING and DELETING: `2s`, or a number of ms. Default 0. */
  readonly transition?: string | number;
  /** Refuse to create streams whose destination has no adapter. Default false. */
  readonly strictDestinations?: boolean;
  /** Send to HTTP endpoints on other machines without encryption, where a stream's URL is http. Default false. */
  readonly plainHttp?: boolean;
  /** Objects go to S3, or to the store at `endpoint`, instead of a folder per bucket. `true` is S3 itself. */
  readonly s3?:
    | boolean
    | {
        readonly endpoint?: string;
        readonly region?: string;
        readonly pathStyle?: boolean;
        /** Has the store encrypt objects under keys of its own, where their stream names no KMS key. */
        readonly sse?: 'AES256';
      };
  /**
   * Modules that run here in place of Lambda functions, by the functions' names: `{ redact: './redact.mjs' }`. Paths
   * are relative to the configuration file.
   */
  readonly functions?: Readonly<Record<string, string | LocalFunctionConfig>>;
  /**
   * Schemas of tables that records are converted to, by `<database>.<table>`: Glue's columns, as in
   * `{ 'shop.orders': { columns: [{ name: 'id', type: 'bigint' }] } }`.
   */
  readonly schemas?: Readonly<
    Record<string, { readonly columns: readonly { readonly name: string; readonly type: string }[] }>
  >;
  /**
   * Modules of destinations of your own, by the scheme of the URLs that name them: `{ loki: './loki.mjs' }` for streams
   * whose HTTP endpoint has a URL like `loki://…`. Paths are relative to the configuration file.
   */
  readonly destinations?: Readonly<Record<string, string>>;
  /**
   * Lets streams write files, by URLs like `file:///folder`, in these folders and below. Paths are relative to the
   * configuration file.
   */
  readonly files?: FilesConfig;
  /** Lets streams write to standard output, by the URL `stdout://`; the log then goes to standard error. */
  readonly stdout?: boolean;
  /**
   * Secrets that streams name by their ARN, with `SecretsManagerConfiguration`: `env:NAME` for a variable, `file:PATH`
   * for a file, each holding the JSON that AWS Secrets Manager would, such as `{"api_key":"…"}`.
   */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Secrets that `secrets` does not name come from AWS Secrets Manager, with `true`, or from its API at `endpoint`. */
  readonly secretsManager?: boolean | { readonly endpoint?: string };
  /**
   * How OpenSearch clusters are reached that need more than their endpoint, by its origin, as in `https://search:9200`.
   * Those of AWS are known by their names. By a domain's ARN: its endpoint.
   */
  readonly opensearch?: Readonly<Record<string, string | ClusterConfig>>;
  /**
   * Keys that objects are encrypted under before they leave, by the KMS key ARN that streams name in
   * `EncryptionConfiguration`: in a file, relative to the configuration file, or KMS's own.
   */
  readonly encryptionKeys?: Readonly<Record<string, EncryptionKeyConfig>>;
  /** Invokes all other functions through Lambda's API, at `endpoint` or, with `true`, in AWS. */
  readonly lambda?: boolean | { readonly endpoint?: string };
  /**
   * Feeds streams whose source is a Kinesis stream: from AWS with `true`, or from what speaks its API at `endpoint`.
   * Streams are where their ARNs say, unless `region` says otherwise.
   */
  readonly kinesis?: boolean | { readonly endpoint?: string; readonly region?: string };
  /** Feeds streams from elsewhere than the Firehose API. */
  readonly sources?: SourceConfig;
  /** Kafka clusters that feed streams whose source is a topic, by the ARN that streams name as `MSKClusterARN`. */
  readonly kafka?: Readonly<Record<string, KafkaConfig>>;
  /** Tables that `schemas` does not name come from Glue, in AWS with `true` or at `endpoint`. */
  readonly glue?: boolean | { readonly endpoint?: string };
  /**
   * How Redshift is asked to load what is in the buckets. Default: AWS's Data API where objects go to S3; where buckets
   * are folders, records for Redshift go to the error output.
   */
  readonly redshift?: boolean | RedshiftConfig;
  /** Keys that requests may be signed with, beside those that `hydrant keys create` has given out. */
  readonly keys?: readonly AccessKeyConfig[];
  /**
   * Delivery attempts that may run at once, over all streams (default 16) and of one stream (default 4). Each may make
   * up to four requests at once, and costs a few MiB of memory.
   */
  readonly deliveries?: { readonly atOnce?: number; readonly perStream?: number };
  /** Default info. */
  readonly logLevel?: LogLevel;
  /** Listen beyond this machine although there are no keys, so that nothing checks who calls. Default false. */
  readonly insecure?: boolean;
  /** CreateDeliveryStream inputs: created or updated at start. */
  readonly streams?: readonly object[];
}

export interface AccessKeyConfig {
  readonly accessKeyId: string;
  /** Where the secret is: `env:<name of a variable>` or `file:<path>`, relative to the configuration file. */
  readonly secretAccessKey: string;
  /** In the log and in error messages. Default: the id. */
  readonly name?: string;
  /** What the key may be used for, in a word, in place of `actions`. Default all. */
  readonly allow?: 'put' | 'read' | 'all';
  /** As in a policy: `firehose:PutRecord`, `firehose:Describe*`, `hydrant:Flush`. */
  readonly actions?: readonly string[];
  /** Names of streams, in which `*` and `?` are as in a policy. Default all. */
  readonly streams?: readonly string[];
}

export interface FilesConfig {
  readonly folders: readonly string[];
  /** How large a file may become before the next is begun: `128MiB`, the default. */
  readonly rotateSize?: string | number;
  /** How old: `1h`, the default. */
  readonly rotateInterval?: string | number;
}

export interface LocalFunctionConfig {
  readonly module: string;
  /** How long one call may take: `30s`. Default 5 minutes, as long as Firehose waits. */
  readonly timeout?: string | number;
  /** What one worker may hold: `512MiB`. Default 256 MiB. */
  readonly memory?: string | number;
  /** Calls at once, with a worker each. Default 5. */
  readonly concurrency?: number;
}

export interface SourceConfig {
  /**
   * Access keys of those who deliver with Firehose's HTTP protocol to `POST /http-delivery/<stream>`, by the stream's
   * name: `env:NAME` for a variable, `file:PATH` for a file. Where there are keys for the API, a stream without one
   * takes no deliveries.
   */
  readonly httpDelivery?: Readonly<Record<string, string>>;
  /**
   * What SNS may deliver to `POST /sns/<stream>`, by the stream's name: messages of these topics. With a password, as
   * `env:NAME` or `file:PATH`, the URL of the subscription must have it; what is delivered raw needs it.
   */
  readonly sns?: Readonly<Record<string, { readonly topics: readonly string[]; readonly password?: string }>>;
  /**
   * Queues of SQS that are read, by their URL, each into a stream. With the content `objects` its messages are
   * notifications of S3, and the lines of the objects are the records.
   */
  readonly sqs?: Readonly<
    Record<
      string,
      string | { readonly stream: string; readonly content?: 'messages' | 'objects'; readonly region?: string }
    >
  >;
}
