import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import type { DestinationKind } from '../../src/core/streams.ts';

/** Small valid inputs for tests of the API. */

export const ROLE = 'arn:aws:iam::123456789012:role/firehose';

export const EXTENDED_S3 = { RoleARN: ROLE, BucketARN: 'arn:aws:s3:::clicks' };

export const BACKUP = { RoleARN: ROLE, BucketARN: 'arn:aws:s3:::backup' };

export const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:credentials';

export const KMS_KEY = 'arn:aws:kms:us-east-1:123456789012:key/0b1c';

const SNOWFLAKE_KEY = 'A'.repeat(256);

/** The members of a create call by which a stream follows a database. */
export const DATABASE_SOURCE = {
  DeliveryStreamType: 'DatabaseAsSource',
  DatabaseSourceConfiguration: {
    Type: 'MySQL',
    Endpoint: 'db.example.com',
    Port: 3306,
    Databases: { Include: ['shop'] },
    Tables: { Include: ['shop.orders'] },
    SnapshotWatermarkTable: 'shop.watermarks',
    DatabaseSourceAuthenticationConfiguration: {
      SecretsManagerConfiguration: { Enabled: true, SecretARN: SECRET },
    },
    DatabaseSourceVPCConfiguration: {
      VpcEndpointServiceName: 'com.amazonaws.vpce.us-east-1.vpce-svc-0123456789abcdef0',
    },
  },
};

/** Of every destination kind the least that AWS takes. */
export const LEAST: Readonly<Record<DestinationKind, JsonObject>> = {
  ExtendedS3: EXTENDED_S3,
  Redshift: {
    RoleARN: ROLE,
    ClusterJDBCURL: 'jdbc:redshift://clicks.abc123.us-east-1.redshift.amazonaws.com:5439/dev',
    CopyCommand: { DataTableName: 'clicks' },
    Username: 'loader',
    Password: 'hunter2hunter2',
    S3Configuration: BACKUP,
  },
  Elasticsearch: {
    RoleARN: ROLE,
    ClusterEndpoint: 'https://search.example.com',
    IndexName: 'clicks',
    S3Configuration: BACKUP,
  },
  Amazonopensearchservice: {
    RoleARN: ROLE,
    DomainARN: 'arn:aws:es:us-east-1:123456789012:domain/clicks',
    IndexName: 'clicks',
    S3Configuration: BACKUP,
  },
  AmazonOpenSearchServerless: {
    RoleARN: ROLE,
    CollectionEndpoint: 'https://collection.example.com',
    IndexName: 'clicks',
    S3Configuration: BACKUP,
  },
  Splunk: {
    HECEndpoint: 'https://splunk.example.com:8088',
    HECEndpointType: 'Event',
    HECToken: 'token',
    S3Configuration: BACKUP,
  },
  HttpEndpoint: {
    EndpointConfiguration: { Url: 'https://collector.example.com/in', Name: 'collector', AccessKey: 'open sesame' },
    S3Configuration: BACKUP,
  },
  Snowflake: {
    AccountUrl: 'https://abc-123.snowflakecomputing.com',
    PrivateKey: SNOWFLAKE_KEY,
    KeyPassphrase: 'passphrase',
    User: 'loader',
    Database: 'events',
    Schema: 'public',
    Table: 'clicks',
    RoleARN: ROLE,
    S3Configuration: BACKUP,
  },
  Iceberg: {
    RoleARN: ROLE,
    CatalogConfiguration: { CatalogARN: 'arn:aws:glue:us-east-1:123456789012:catalog' },
    DestinationTableConfigurationList: [{ DestinationTableName: 'clicks', DestinationDatabaseName: 'events' }],
    S3Configuration: BACKUP,
  },
};

/** A create call for one destination kind, with members of the configuration replaced; null leaves one out. */
export function createInput(
  kind: DestinationKind | 'S3',
  changes: JsonObject = {},
  others: JsonObject = {},
): JsonObject {
  const config = { ...LEAST[kind === 'S3' ? 'ExtendedS3' : kind], ...changes };
  return { DeliveryStreamName: 'clicks', [`${kind}DestinationConfiguration`]: config, ...others };
}

export function processing(...processors: readonly JsonObject[]): JsonObject {
  return { Enabled: true, Processors: processors };
}

export function processor(Type: string, parameters: Readonly<Record<string, string>> = {}): JsonObject {
  const Parameters = Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
  }));
  return { Type, Parameters };
}

export const LAMBDA_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:transform:$LATEST';

/** The one destination that Describe shows. */
export function destinationIn(described: JsonObject): Readonly<Record<string, JsonObject>> {
  const { Destinations } = described.DeliveryStreamDescription as { Destinations: readonly JsonValue[] };
  return Destinations[0] as Readonly<Record<string, JsonObject>>;
}
