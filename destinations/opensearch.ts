import assert from 'node:assert';
import type { Destination, Slice } from '../src/core/destination.ts';
import { DeliveryError } from '../src/core/errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/core/json.ts';
import { type IndexRotation, isRotation, rotatedIndex } from '../src/formats/index-names.ts';
import { type Answer, poster } from './http/post.ts';
import { BULK_QUERY, notTaken } from './opensearch/bulk-answer.ts';
import { bulkBody, type DocumentForm } from './opensearch/bulk-body.ts';
import type { Cluster, Clusters } from './opensearch/clusters.ts';

export interface OpenSearchPorts {
  /** Ms since the epoch. */
  readonly now: () => number;
  readonly clusters: Clusters;
  /** How long an answer may take, in ms; 3 minutes unless given. */
  readonly timeoutMs?: number;
}

/**
 * Documents for OpenSearch, for Elasticsearch under its older name, and for OpenSearch Serverless: a slice is one
 * `_bulk` request. A document that the cluster does not take goes to the error output or is tried again alone.
 *
 * A document's id is its batch and its place there, so that a repeat overwrites. Index, type and the kind of ids are in
 * the plan: a stream that is updated in the middle does not send a repeat to a second index. To Serverless no ids are
 * sent, because its time series collections refuse them; there a repeat may leave a second copy.
 */
export default function openSearch(ports: OpenSearchPorts): Destination {
  const { now, clusters, timeoutMs = ANSWER_WITHIN_MS } = ports;
  const post = poster({ codes: CODES, timeoutMs, answerMostBytes: ANSWER_MOST_BYTES });

  return {
    limits: () => ({ records: RECORDS_MOST, bytes: BYTES_MOST }),

    plan: ({ config }) => ({ ...planOf(config) }),

    async deliver(slice, signal) {
      const cluster = await clusters(addressOf(slice.config));
      const request = await bulkBody(slice.read(), formOf(slice));
      const { body, refused } = request;
      if (request.places.length === 0) return { bytes: 0, refused };
      const url = bulkUrl(cluster);
      const authorization = (await cluster.authorize?.({ url, body })) ?? {};
      const headers = { ...authorization, 'Content-Type': 'application/x-ndjson' };
      const { certificateAuthority } = cluster;
      const answer = await post({ url: url.href, headers, body, certificateAuthority }, signal);
      const failed = notTaken(without(authorization, answer), request, now());
      return { bytes: slice.bytes, refused: [...refused, ...failed] };
    },
  };
}

const ANSWER_WITHIN_MS = 180_000;
/**
 * A bulk body of a few MiB is where clusters are fastest, and far below what they take (`http.max_content_length`: 100
 * MB, 10 MB on AWS's small instances). It is made in memory, for a signature comes before the body.
 */
const BYTES_MOST = 4 * 1024 * 1024;
const RECORDS_MOST = 5_000;
/** An error quotes its document: as much as a slice, and its words around each. */
const ANSWER_MOST_BYTES = 16 * 1024 * 1024;

/** https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-logs.html */
const CODES = {
  timeout: 'OS.RequestTimeout',
  'connection failed': 'OS.ConnectionFailed',
  'connection reset': 'OS.ConnectionReset',
  TLS: 'OS.ConnectionError',
  certificate: 'OS.ConnectionError',
  'answer too large': 'OS.ServiceException',
  'not HTTP': 'OS.ConnectionError',
  'bad URL': 'OS.ValidationException',
  'bad header': 'OS.ValidationException',
};

interface DocumentPlan {
  readonly index: string;
  readonly rotation: IndexRotation;
  readonly type?: string;
  readonly sendsIds: boolean;
}

function planOf(config: JsonObject): DocumentPlan {
  const { IndexName: index, TypeName: type, IndexRotationPeriod: rotation, DocumentIdOptions: ids } = config;
  assert(typeof index === 'string', 'a stored OpenSearch destination has an index');
  const isServerless = config.CollectionEndpoint !== undefined;
  const choosesNone = isJsonObject(ids) && ids.DefaultDocumentIdFormat === 'NO_DOCUMENT_ID';
  return {
    index,
    // A collection's indexes do not rotate.
    rotation: isRotation(rotation) ? rotation : 'NoRotation',
    ...(typeof type === 'string' && type !== '' && { type }),
    sendsIds: !isServerless && !choosesNone,
  };
}

/** A plan that comes back from the buffer is one that `planOf` made. */
function readPlan(output: JsonValue): DocumentPlan {
  assert(isJsonObject(output), 'a stored OpenSearch plan is an object');
  const { index, rotation, type, sendsIds } = output;
  assert(typeof index === 'string' && isRotation(rotation), 'a stored OpenSearch plan names an index');
  return { index, rotation, ...(typeof type === 'string' && { type }), sendsIds: sendsIds === true };
}

function formOf({ id, plan }: Slice): DocumentForm {
  const { index, rotation, type, sendsIds } = readPlan(plan.output);
  const batch = id.slice(0, id.lastIndexOf('/'));
  return {
    indexOf: (arrivedAt) => rotatedIndex(index, rotation, arrivedAt),
    type,
    idPrefix: sendsIds ? `${batch}.` : undefined,
  };
}

function addressOf({ CollectionEndpoint, ClusterEndpoint, DomainARN }: JsonObject): string {
  const address = CollectionEndpoint ?? ClusterEndpoint ?? DomainARN;
  assert(typeof address === 'string', 'a stored OpenSearch destination has an address');
  return address;
}

/** Under the endpoint's own path, if it has one. */
function bulkUrl({ endpoint }: Cluster): URL {
  if (!URL.canParse(endpoint)) {
    throw new DeliveryError(`The endpoint ${endpoint} is no URL.`, {
      ...{ code: 'OS.ValidationException', retryable: true, refused: true },
    });
  }
  const url = new URL(endpoint);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/_bulk`;
  url.search = BULK_QUERY;
  return url;
}

/** A far side may say in a refusal what it was sent. */
function without(authorization: Readonly<Record<string, string>>, answer: Answer): Answer {
  if (answer.status === 200) return answer;
  const secrets = Object.values(authorization).map((value) => value.slice(value.indexOf(' ') + 1));
  const text = secrets.reduce((said, secret) => said.replaceAll(secret, '***'), answer.body.toString());
  return { ...answer, body: Buffer.from(text) };
}
