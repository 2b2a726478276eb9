import { ENDPOINT_SIZE_MOST_MB, type Partner } from './partner.ts';

/**
 * AWS's partners, in the order of their names. Where the URL's form, the key and the attributes are from stands with
 * each; sizes and encodings are those of AWS's console unless the partner asks for others.
 * https://docs.aws.amazon.com/firehose/latest/dev/create-destination.html
 * https://docs.aws.amazon.com/firehose/latest/dev/buffering-hints.html
 */
export const PARTNERS: readonly Partner[] = [
  {
    name: 'Coralogix',
    place: /^(firehose-)?ingress\.([a-z0-9-]+\.)*coralogix(sg)?\.(com|us|in)\//,
    path: /^\/(aws\/)?firehose\/?$/,
    urlForms: ['https://ingress.<domain of your account>/aws/firehose'],
    url: 'https://ingress.eu1.coralogix.com/aws/firehose',
    accessKey: { is: 'the Send-Your-Data API key', example: 'CORALOGIX_KEY' },
    attributes: [
      attribute('applicationName', 'the application the records are filed under', 'shop'),
      attribute('subsystemName', 'the subsystem they are filed under', 'checkout'),
      attribute('computerName', 'the machine they are of', 'web-1'),
      attribute('integrationType', 'how records are read, such as Default or CloudWatch_JSON', 'Default'),
    ],
    size: { byDefault: 6, most: ENDPOINT_SIZE_MOST_MB },
    contentEncoding: 'GZIP',
    notes: [],
    documentation: 'https://coralogix.com/docs/guide-first-steps-coralogix/',
  },
  {
    name: 'Datadog',
    place:
      /^(aws-kinesis-http-intake\.logs|awsmetrics-intake|event-platform-intake|cloudplatform-intake)\.([a-z0-9]+\.)?(datadoghq\.(com|eu)|ddog-gov\.com)\//,
    path: /^\/(v1\/input|api\/v2\/(logs|awsmetrics|cloudchanges))$/,
    urlForms: [
      'https://aws-kinesis-http-intake.logs.datadoghq.com/v1/input',
      'https://aws-kinesis-http-intake.logs.datadoghq.eu/v1/input',
      'https://aws-kinesis-http-intake.logs.<site>/api/v2/logs?dd-protocol=aws-kinesis-firehose',
      'https://awsmetrics-intake.<site>/v1/input',
    ],
    url: 'https://aws-kinesis-http-intake.logs.datadoghq.com/v1/input',
    accessKey: { is: 'a Datadog API key', example: 'DATADOG_API_KEY' },
    attributes: [],
    // Datadog takes 5 MB without compression: https://docs.datadoghq.com/api/latest/logs/
    size: { byDefault: 4, most: 4 },
    retryInSeconds: 60,
    contentEncoding: 'GZIP',
    notes: ['Common attributes become tags.'],
    documentation:
      'https://docs.datadoghq.com/logs/guide/send-aws-services-logs-with-the-datadog-kinesis-firehose-destination/',
  },
  {
    name: 'Dynatrace',
    place: /^((us|eu)\.)?aws\.cloud\.dynatrace\.com\//,
    urlForms: [
      'https://aws.cloud.dynatrace.com',
      'https://us.aws.cloud.dynatrace.com',
      'https://eu.aws.cloud.dynatrace.com',
    ],
    url: 'https://aws.cloud.dynatrace.com',
    accessKey: {
      is: 'an API token with the scope logs.ingest, or metrics.ingest for metrics',
      example: 'DYNATRACE_TOKEN',
    },
    attributes: [
      {
        ...attribute('dt-url', 'the URL of your environment', 'https://abc12345.live.dynatrace.com'),
        isRequired: true,
      },
      attribute('require-valid-certificate', 'whether the certificate of dt-url is checked', 'true'),
    ],
    size: { byDefault: 5, most: ENDPOINT_SIZE_MOST_MB },
    contentEncoding: 'GZIP',
    notes: [],
    documentation:
      'https://www.dynatrace.com/support/help/technology-support/cloud-platforms/amazon-web-services/integrations/cloudwatch-metric-streams/',
  },
  {
    name: 'Elastic',
    place: /\.es\.[a-z0-9.-]+\.elastic-cloud\.com\/$/,
    urlForms: ['https://<cluster>.es.<region>.aws.elastic-cloud.com'],
    url: 'https://my-cluster.es.us-east-1.aws.elastic-cloud.com',
    accessKey: { is: 'an API key of Elasticsearch, as encoded', example: 'ELASTIC_API_KEY' },
    attributes: [attribute('es_datastream_name', 'the data stream that gets the records', 'logs-awsfirehose-default')],
    // Compressed tenfold and more it would pass Elasticsearch's http.max_content_length when it is unpacked.
    size: { byDefault: 1, most: ENDPOINT_SIZE_MOST_MB },
    retryInSeconds: 60,
    contentEncoding: 'GZIP',
    notes: [],
    documentation: 'https://www.elastic.co/docs/reference/integrations/awsfirehose',
  },
  {
    name: 'Honeycomb',
    place: /^api\.(eu1\.)?honeycomb\.io\/1\/kinesis_events(\/|$)/,
    path: /^\/1\/kinesis_events\/[^/]+$/,
    urlForms: ['https://api.honeycomb.io/1/kinesis_events/<dataset>'],
    url: 'https://api.honeycomb.io/1/kinesis_events/clicks',
    accessKey: { is: 'an API key that may send events', example: 'HONEYCOMB_API_KEY' },
    attributes: [],
    size: { byDefault: 15, most: ENDPOINT_SIZE_MOST_MB },
    contentEncoding: 'GZIP',
    notes: [],
    documentation: 'https://docs.honeycomb.io/getting-data-in/metrics/aws-cloudwatch-metrics/',
  },
  {
    name: 'LogicMonitor',
    place: /^[a-z0-9-]+\.logicmonitor\.com\/$/,
    urlForms: ['https://<account>.logicmonitor.com'],
    url: 'https://acme.logicmonitor.com',
    accessKey: { is: 'an API key of LogicMonitor', example: 'LOGICMONITOR_API_KEY' },
    attributes: [],
    size: { byDefault: 5, most: ENDPOINT_SIZE_MOST_MB },
    contentEncoding: 'NONE',
    notes: [],
    documentation: 'https://docs.aws.amazon.com/firehose/latest/dev/create-destination.html',
  },
  {
    name: 'Logz.io',
    place: /^listener-aws-[a-z-]+\.logz\.io\//,
    urlForms: ['https://listener-aws-metrics-stream-<region>.logz.io/'],
    url: 'https://listener-aws-metrics-stream-us.logz.io/',
    accessKey: { is: 'the shipping token', example: 'LOGZIO_SHIPPING_TOKEN' },
    attributes: [],
    size: { byDefault: 5, most: ENDPOINT_SIZE_MOST_MB },
    retryInSeconds: 60,
    contentEncoding: 'NONE',
    notes: [],
    documentation: 'https://docs.aws.amazon.com/firehose/latest/dev/create-destination.html',
  },
  {
    name: 'MongoDB',
    place: /^([a-z0-9-]+\.aws\.)?(webhooks\.mongodb-realm|data\.mongodb-api)\.com\//,
    urlForms: [
      'https://webhooks.mongodb-realm.com/api/client/v2.0/app/<app>/service/<service>/incoming_webhook/<webhook>',
    ],
    url: 'https://webhooks.mongodb-realm.com/api/client/v2.0/app/shop-abcde/service/hose/incoming_webhook/clicks',
    accessKey: { is: 'an API key of your App Services application', example: 'MONGODB_API_KEY' },
    attributes: [],
    size: { byDefault: 5, most: 16 },
    contentEncoding: 'NONE',
    notes: [
      'An API Gateway in front of Atlas (https://….execute-api.<region>.amazonaws.com/<stage>) looks like any other, ' +
        'so for one the stream says its hints itself: at most 10 MB, which is all that an API Gateway takes.',
    ],
    documentation: 'https://www.mongodb.com/products/platform/atlas-cloud-providers/aws',
  },
  {
    name: 'New Relic',
    place: /^(aws-api(\.eu)?\.newrelic\.com|aws-api\.eu01\.nr-data\.net)\//,
    path: /^\/(firehose|cloudwatch-metrics)\/v1$/,
    urlForms: [
      'https://aws-api.newrelic.com/firehose/v1',
      'https://aws-api.eu.newrelic.com/firehose/v1',
      'https://aws-api.newrelic.com/cloudwatch-metrics/v1',
      'https://aws-api.eu01.nr-data.net/cloudwatch-metrics/v1',
    ],
    url: 'https://aws-api.newrelic.com/firehose/v1',
    accessKey: {
      is: 'a licence key',
      example: '0123456789abcdef0123456789abcdef0123NRAL',
      pattern: /^[0-9A-Za-z]{40}$/,
      described: 'of 40 letters and digits',
    },
    attributes: [attribute('logtype', 'how the logs are parsed, such as nginx', 'nginx')],
    // The console has 5, with which New Relic refuses what is over 1 MB when compressed: it asks for 1 and GZIP.
    size: { byDefault: 1, most: ENDPOINT_SIZE_MOST_MB },
    retryInSeconds: 60,
    contentEncoding: 'GZIP',
    notes: ['Common attributes become attributes of the logs.'],
    documentation: 'https://docs.newrelic.com/docs/logs/forward-logs/stream-logs-using-kinesis-data-firehose/',
  },
  {
    name: 'Splunk Observability',
    place: /^ingest\.[a-z0-9]+\.(signalfx\.com|observability\.splunkcloud\.com)\/v1\/cloudwatch/,
    path: /^\/v1\/cloudwatch_metric_stream$/,
    urlForms: ['https://ingest.<realm>.signalfx.com/v1/cloudwatch_metric_stream'],
    url: 'https://ingest.us0.signalfx.com/v1/cloudwatch_metric_stream',
    accessKey: { is: 'an access token with the scope INGEST', example: 'SPLUNK_ACCESS_TOKEN' },
    attributes: [],
    size: { byDefault: 1, most: ENDPOINT_SIZE_MOST_MB },
    contentEncoding: 'GZIP',
    notes: ["For the Splunk platform there is the destination Splunk, which speaks its collector's own protocol."],
    documentation: 'https://docs.splunk.com/Observability/gdi/get-data-in/connect/aws/aws-apiconfig.html',
  },
  {
    name: 'Sumo Logic',
    place: /^[a-z0-9-]+(\.[a-z0-9-]+)*\.sumologic\.(net|com)\/receiver\/v1\/kinesis(\/|$)/,
    path: /^\/receiver\/v1\/kinesis\/(log|metric)\/[^/]+$/,
    urlForms: ['https://<deployment>.sumologic.net/receiver/v1/kinesis/<log or metric>/<token>'],
    url: 'https://endpoint1.collection.us2.sumologic.com/receiver/v1/kinesis/log/TOKEN',
    attributes: [],
    size: { byDefault: 1, most: ENDPOINT_SIZE_MOST_MB },
    contentEncoding: 'GZIP',
    notes: ['The token in the URL is the key: make the URL with a source of the type AWS Kinesis Firehose.'],
    documentation:
      'https://help.sumologic.com/docs/send-data/hosted-collectors/amazon-aws/aws-kinesis-firehose-logs-source/',
  },
];

function attribute(name: string, is: string, example: string) {
  return { name, is, example, isRequired: false };
}
