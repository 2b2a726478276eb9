import type { DestinationKind } from '../../core/streams.ts';
import { extendedS3 } from './extended-s3.ts';
import { httpEndpoint } from './http-endpoint.ts';
import { iceberg } from './iceberg.ts';
import type { DestinationRules } from './kind.ts';
import { elasticsearch, openSearch, openSearchServerless } from './opensearch.ts';
import { redshift } from './redshift.ts';
import { snowflake } from './snowflake.ts';
import { splunk } from './splunk.ts';

export const DESTINATIONS: Readonly<Record<DestinationKind, DestinationRules>> = {
  ExtendedS3: extendedS3,
  Redshift: redshift,
  Elasticsearch: elasticsearch,
  Amazonopensearchservice: openSearch,
  AmazonOpenSearchServerless: openSearchServerless,
  Splunk: splunk,
  HttpEndpoint: httpEndpoint,
  Snowflake: snowflake,
  Iceberg: iceberg,
};

export const DESTINATION_KINDS = Object.keys(DESTINATIONS) as readonly DestinationKind[]; // the record's own keys
