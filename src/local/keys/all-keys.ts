import type { AccessKey, KeyStore } from '../../api/authentication/keys.ts';

/** The configuration's keys beside those that were given out; the configuration's come first. */
export function allKeys(configured: readonly AccessKey[], issued: KeyStore): KeyStore {
  const byId = new Map(configured.map((key) => [key.accessKeyId, key]));
  return {
    isRequired: async () => configured.length > 0 || issued.isRequired(),
    find: async (accessKeyId) => byId.get(accessKeyId) ?? issued.find(accessKeyId),
  };
}
