import type { Partner } from '../api/partners/partner.ts';
import { PARTNER_INTERVAL_S } from '../api/partners/partner.ts';
import { PARTNERS } from '../api/partners/partners.ts';
import type { JsonObject } from '../core/json.ts';

/** A destination as it is shown to who looks for one. */
export interface Guide {
  /** As it is asked for: lower case and hyphens. */
  readonly name: string;
  readonly title: string;
  /** The member of CreateDeliveryStream. */
  readonly configuredAs: string;
  readonly summary: string;
  readonly partner?: Partner;
  /** An input of CreateDeliveryStream that works, but for names and keys. */
  readonly stream: JsonObject;
}

/** Every destination of this version, partners last. */
export function guides(): readonly Guide[] {
  return [
    ...KINDS.map(({ config, ...guide }) => ({ ...guide, stream: streamOf(guide.configuredAs, config) })),
    ...PARTNERS.map(guideOf),
  ];
}

const RoleARN = 'arn:aws:iam::000000000000:role/any';
const S3Configuration = { RoleARN, BucketARN: 'arn:aws:s3:::failed' };

const KINDS: readonly (Omit<Guide, 'stream'> & { readonly config: JsonObject })[] = [
  {
    name: 's3',
    title: 'S3',
    configuredAs: 'ExtendedS3DestinationConfiguration',
    summary: 'objects in folders, Amazon S3 or a store that speaks it',
    config: {
      RoleARN,
      BucketARN: 'arn:aws:s3:::events',
      Prefix: 'clicks/!{timestamp:yyyy/MM/dd}/',
      ErrorOutputPrefix: 'failed/!{firehose:error-output-type}/',
      CompressionFormat: 'GZIP',
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 300 },
    },
  },
  {
    name: 'http-endpoint',
    title: 'HTTP endpoint',
    configuredAs: 'HttpEndpointDestinationConfiguration',
    summary: "requests in Firehose's HTTP protocol, or in plain JSON",
    config: {
      EndpointConfiguration: { Url: 'https://collector.example.com/firehose', AccessKey: 'open sesame' },
      RequestConfiguration: { ContentEncoding: 'GZIP' },
      BufferingHints: { SizeInMBs: 4, IntervalInSeconds: 60 },
      S3Configuration,
    },
  },
  {
    name: 'splunk',
    title: 'Splunk',
    configuredAs: 'SplunkDestinationConfiguration',
    summary: 'the HTTP Event Collector, with indexer acknowledgement',
    config: {
      HECEndpoint: 'https://http-inputs-example.splunkcloud.com:443',
      HECEndpointType: 'Event',
      HECToken: '00000000-0000-0000-0000-000000000000',
      S3Configuration,
    },
  },
  {
    name: 'opensearch',
    title: 'OpenSearch',
    configuredAs: 'AmazonopensearchserviceDestinationConfiguration',
    summary: 'documents, by bulk requests',
    config: {
      RoleARN,
      ClusterEndpoint: 'https://search.example.com:9200',
      IndexName: 'clicks',
      IndexRotationPeriod: 'OneDay',
      S3Configuration,
    },
  },
  {
    name: 'elasticsearch',
    title: 'Elasticsearch',
    configuredAs: 'ElasticsearchDestinationConfiguration',
    summary: 'documents, by bulk requests; with a TypeName for clusters before version 7',
    config: { RoleARN, ClusterEndpoint: 'https://search.example.com:9200', IndexName: 'clicks', S3Configuration },
  },
  {
    name: 'opensearch-serverless',
    title: 'OpenSearch Serverless',
    configuredAs: 'AmazonOpenSearchServerlessDestinationConfiguration',
    summary: 'documents in a collection',
    config: {
      RoleARN,
      CollectionEndpoint: 'https://abc123.us-east-1.aoss.amazonaws.com',
      IndexName: 'clicks',
      S3Configuration,
    },
  },
  {
    name: 'redshift',
    title: 'Redshift',
    configuredAs: 'RedshiftDestinationConfiguration',
    summary: 'objects in a bucket, loaded with COPY, where the configuration file says so (redshift)',
    config: {
      RoleARN: 'arn:aws:iam::123456789012:role/copy',
      ClusterJDBCURL: 'jdbc:redshift://sales.abc123.eu-west-1.redshift.amazonaws.com:5439/dev',
      CopyCommand: { DataTableName: 'public.clicks', CopyOptions: "JSON 'auto' GZIP" },
      Username: 'loader',
      Password: 'is not used, but AWS demands one',
      S3Configuration: {
        RoleARN: 'arn:aws:iam::123456789012:role/copy',
        BucketARN: 'arn:aws:s3:::staging',
        CompressionFormat: 'GZIP',
      },
    },
  },
  {
    name: 'file',
    title: 'file',
    configuredAs: 'HttpEndpointDestinationConfiguration',
    summary: 'lines in files that follow each other, in a folder that the configuration file allows (files)',
    config: { EndpointConfiguration: { Url: 'file:///srv/events' }, S3Configuration },
  },
  {
    name: 'stdout',
    title: 'standard output',
    configuredAs: 'HttpEndpointDestinationConfiguration',
    summary: 'lines on standard output, where the configuration file says so (stdout)',
    config: { EndpointConfiguration: { Url: 'stdout://' }, S3Configuration },
  },
  {
    name: 'own',
    title: 'your own',
    configuredAs: 'HttpEndpointDestinationConfiguration',
    summary: 'a module of the configuration file, by the scheme of the URL that it is named for',
    config: { EndpointConfiguration: { Url: 'loki://127.0.0.1:3100' }, S3Configuration },
  },
];

function guideOf(partner: Partner): Guide {
  const { name: title, url, urlForms, accessKey, attributes, size, contentEncoding, retryInSeconds } = partner;
  const [summary = url] = urlForms;
  const CommonAttributes = attributes.map(({ name, example }) => ({ AttributeName: name, AttributeValue: example }));
  const configuredAs = 'HttpEndpointDestinationConfiguration';
  const config = {
    EndpointConfiguration: { Url: url, Name: title, ...(accessKey && { AccessKey: accessKey.example }) },
    RequestConfiguration: {
      ContentEncoding: contentEncoding,
      ...(CommonAttributes.length > 0 && { CommonAttributes }),
    },
    BufferingHints: { SizeInMBs: size.byDefault, IntervalInSeconds: PARTNER_INTERVAL_S },
    ...(retryInSeconds !== undefined && { RetryOptions: { DurationInSeconds: retryInSeconds } }),
    S3Configuration,
  };
  return {
    name: slug(title),
    title,
    configuredAs,
    summary,
    partner,
    stream: streamOf(configuredAs, config),
  };
}

function streamOf(configuredAs: string, config: JsonObject): JsonObject {
  return { DeliveryStreamName: 'clicks', [configuredAs]: config };
}

/** A name as it is asked for, however it is written: `Logz.io`, `new relic`. */
export function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}
