import type { WarehouseName } from '../../destinations/redshift/warehouse.ts';
import { ConfigError } from '../core/errors.ts';
import { httpUrl, mapOf, members, region, type Setting, text, textLike } from './setting.ts';

/** What a configuration file may say of Redshift. */
export interface RedshiftConfig {
  /** The URL of what speaks the Redshift Data API. Default: AWS. */
  readonly endpoint?: string;
  /** Where the Data API is asked. Default: the region in the JDBC URL's host name. */
  readonly region?: string;
  /** What COPY reads the bucket with. Default: the stream's RoleARN. */
  readonly role?: string;
  /** The warehouse that a JDBC URL's host name stands for, where its first part is not the warehouse's name. */
  readonly warehouses?: Readonly<Record<string, { readonly cluster?: string; readonly workgroup?: string }>>;
}

/** As the service has it; every member has the default that the configuration's has. */
export interface RedshiftSettings {
  readonly endpoint?: string;
  readonly region?: string;
  readonly role?: string;
  readonly named?: Readonly<Record<string, WarehouseName>>;
}

const warehouseMembers = members({ cluster: text, workgroup: text });
const warehouse: Setting<WarehouseName> = (given, path) => {
  const { cluster, workgroup } = warehouseMembers(given, path);
  if (cluster !== undefined && workgroup === undefined) return { cluster };
  if (workgroup !== undefined && cluster === undefined) return { workgroup };
  throw new ConfigError(path, 'must have either a cluster or a workgroup.');
};

const hostNames = {
  pattern: /^[a-z0-9.-]+$/,
  described: "the host name in a stream's ClusterJDBCURL, without its port",
};

const redshiftMembers = members({
  endpoint: httpUrl('the URL of what speaks the Redshift Data API, such as http://127.0.0.1:5439'),
  region,
  role: textLike(/^arn:[^:]+:iam::\d{12}:role\/.+$/, "a role's ARN"),
  warehouses: mapOf(warehouse, hostNames),
});

/** False where it is not to be loaded at all. */
export const redshift: Setting<RedshiftSettings | false> = (given, path) => {
  if (typeof given === 'boolean') return given && {};
  const { warehouses: named, ...rest } = redshiftMembers(given, path);
  return { ...rest, ...(named && { named }) };
};
