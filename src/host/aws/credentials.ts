import type { Credentials } from './signature.ts';

/** What emulators of Lambda take without looking. */
const PLACEHOLDER: Credentials = { accessKeyId: 'hydrant', secretAccessKey: 'hydrant' };

/**
 * Credentials from where every AWS tool looks for them, kept until they expire. The search is that of S3's client,
 * which is here anyway; it is loaded on first use. `isEmulator`: the endpoint is not AWS's, and where no credentials
 * are found the request is signed with some that mean nothing, because emulators find the service in the signature.
 */
export function awsCredentials({ isEmulator }: { readonly isEmulator: boolean }): () => Promise<Credentials> {
  let find: (() => Promise<Credentials>) | undefined;

  return async () => {
    if (find === undefined) {
      const { S3Client } = await import('@aws-sdk/client-s3');
      const { credentials } = new S3Client({ region: 'us-east-1' }).config; // no request is made with it
      find = credentials;
    }
    try {
      return await find();
    } catch (error) {
      if (!isEmulator) throw error;
      find = async () => PLACEHOLDER; // nor is there a search before each call
      return PLACEHOLDER;
    }
  };
}
