import { ALGORITHM, basicTime, scopeText, signature, signingKey } from '../../api/authentication/signature.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface RequestToSign {
  readonly method: string;
  /** The path is as it is sent, escapes and all. */
  readonly url: URL;
  readonly body: Uint8Array;
  /** Further ones to sign, which is all that begin with `x-amz-`; names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Scope {
  readonly region: string;
  readonly service: string;
  /** In ms since the epoch. */
  readonly now: number;
}

/** The headers that sign a request with AWS's Signature Version 4, with those that were given to be signed. */
export function signed(
  { method, url, headers, body }: RequestToSign,
  credentials: Credentials,
  { region, service, now }: Scope,
): Readonly<Record<string, string>> {
  const scope = { time: basicTime(now), region, service };
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const own = {
    host: url.host,
    'x-amz-date': scope.time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
    ...headers,
  };
  const names = Object.keys(own).sort();
  const request = { method, url: url.pathname + url.search, headers: own, body };
  const hex = signature(request, names, { scope, key: signingKey(secretAccessKey, scope) });
  const credential = `${accessKeyId}/${scopeText(scope)}`;
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${hex}`;
  return { ...own, authorization };
}
