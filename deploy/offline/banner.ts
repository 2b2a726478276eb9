export interface Announced {
  readonly endpoint: string;
  readonly region: string;
  readonly buckets: string;
  readonly takesUnsigned: boolean;
  /** Where keys are given out: as `hydrant keys create` takes it. */
  readonly keys: { readonly endpoint: string; readonly dataKey: string };
}

/** What somebody who has just started the functions does next. */
export function banner({ endpoint, region, buckets, takesUnsigned, keys }: Announced): string {
  const anybody = 'AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any';
  const place = `--keys-table KeysTable --data-key ${keys.dataKey} --endpoint ${keys.endpoint} --region ${region}`;
  return `
Hydrant's functions take the Firehose API at ${endpoint}; buckets are folders in ${buckets}. In another terminal:

export AWS_ENDPOINT_URL_FIREHOSE=${endpoint} AWS_DEFAULT_REGION=${region}
${takesUnsigned ? `export ${anybody}` : `eval "$(${anybody} npx hydrant keys create admin ${place})"`}
aws firehose list-delivery-streams
`;
}
