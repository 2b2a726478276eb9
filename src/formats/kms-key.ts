import { isJsonObject, type JsonObject } from '../core/json.ts';

/** The key that an S3 configuration asks for. Without one the bucket's own default encryption applies, as on AWS. */
export function kmsKeyIn(s3Config: JsonObject): string | undefined {
  const encryption = s3Config.EncryptionConfiguration;
  const kms = isJsonObject(encryption) ? encryption.KMSEncryptionConfig : undefined;
  return isJsonObject(kms) && typeof kms.AWSKMSKeyARN === 'string' ? kms.AWSKMSKeyARN : undefined;
}
