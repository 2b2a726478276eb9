import { ConfigError } from '../core/errors.ts';
import type { ClusterSettings } from '../host/clusters.ts';
import { secretReference, secretWithin } from './secret-settings.ts';
import { httpUrl, members, oneOf, region, type Setting, text } from './setting.ts';

/** What a configuration file may say of an OpenSearch cluster. */
export interface ClusterConfig {
  readonly username?: string;
  /** `env:NAME` for a variable, `file:PATH` for a file. */
  readonly password?: string;
  /** Signs requests for this service of AWS, with the credentials that AWS tools find. */
  readonly sign?: 'es' | 'aoss';
  /** To sign for. Default: that of `region`. */
  readonly region?: string;
  /** A file in PEM: the authority that signed the cluster's certificate. */
  readonly ca?: string;
}

const clusterMembers = members({
  username: text,
  password: secretReference,
  sign: oneOf('es', 'aoss'),
  region,
  ca: text,
});

const clusterEndpoint = httpUrl("a domain's endpoint, such as https://search.example.com");

/** A text is the endpoint of the domain whose ARN stands before it. */
export const cluster: Setting<ClusterSettings | string> = (given, path) => {
  const isDomain = path.startsWith('opensearch.arn:');
  if (isDomain) return clusterEndpoint(given, path);
  const { username, password, sign, region, ca } = clusterMembers(given, path);
  if ((username === undefined) !== (password === undefined)) {
    throw new ConfigError(path, 'must have both a username and a password, or neither.');
  }
  if (username !== undefined && sign !== undefined) {
    throw new ConfigError(path, 'must have either a username or sign, not both.');
  }
  return {
    ...(username !== undefined && password !== undefined && { login: { username, password } }),
    ...(sign !== undefined && { sign: { service: sign, ...(region !== undefined && { region }) } }),
    ...(ca !== undefined && { authorityFile: ca }),
  };
};

export const clusterNames = {
  pattern: /^(https?:\/\/[^/@]+|arn:[^:]+:es:[^:]*:\d{12}:domain\/.+)$/,
  described: "the origin of a cluster's endpoint, such as https://search.example.com:9200, or a domain's ARN",
};

/** With the paths in it as they are from the folder of the configuration file. */
export function clusterWithin(one: ClusterSettings | string, within: (path: string) => string) {
  if (typeof one === 'string') return one;
  const { login, authorityFile } = one;
  return {
    ...one,
    ...(login && { login: { ...login, password: secretWithin(login.password, within) } }),
    ...(authorityFile !== undefined && { authorityFile: within(authorityFile) }),
  };
}
