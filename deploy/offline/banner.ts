export interface Announced {
  readonly endpoint: string;
  readonly region: string;
  readonly buckets: string;
  readonly takesUnsigned: boolean;
  readonly tablesEndpoint: string;
}

/** What somebody who has just started the functions does next. */
export function banner({ endpoint, region, buckets, takesUnsigned, tablesEndpoint }: Announced): string {
  const key = takesUnsigned
    ? ['export AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any']
    : [
        `eval "$(npx hydrant keys create admin --keys-table KeysTable --endpoint ${tablesEndpoint} --region ${region})"`,
      ];
  return [
    '',
    `Hydrant's functions take the Firehose API at ${endpoint}; buckets are folders in ${buckets}. In another terminal:`,
    '',
    `export AWS_ENDPOINT_URL_FIREHOSE=${endpoint} AWS_DEFAULT_REGION=${region}`,
    ...key,
    `aws firehose list-delivery-streams`,
    '',
  ].join('\n');
}
