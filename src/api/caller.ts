import type { ApiRequest } from './context.ts';

/** The region a request was signed for, which is the region it talks to; `otherwise` when it names none. */
export function regionOf(request: ApiRequest, otherwise: string): string {
  const { authorization } = request.headers;
  // The scope is `<access key>/<date>/<region>/firehose/aws4_request`; in a presigned URL its slashes are escaped.
  const scope =
    (typeof authorization === 'string' ? IN_HEADER.exec(authorization) : null) ?? IN_QUERY.exec(request.url);
  return scope?.[1] ?? otherwise;
}

const IN_HEADER = /Credential=[^/,\s]{1,128}\/\d{8}\/([a-z0-9-]{1,32})\//;
const IN_QUERY = /[?&]X-Amz-Credential=[^&%/]{1,128}(?:%2F|\/)\d{8}(?:%2F|\/)([a-z0-9-]{1,32})(?:%2F|\/)/;

export function streamArn(at: { readonly region: string; readonly accountId: string; readonly name: string }): string {
  return `arn:${partitionOf(at.region)}:firehose:${at.region}:${at.accountId}:deliverystream/${at.name}`;
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** The region in an ARN; empty where it has none. */
export function regionIn(arn: string): string {
  return arn.split(':', 4)[3] ?? '';
}
