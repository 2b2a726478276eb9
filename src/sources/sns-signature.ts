import { createVerify, X509Certificate } from 'node:crypto';
import { unknownSource } from './refusals.ts';
import type { SnsMessage } from './sns.ts';

/** Resolves with a certificate's PEM. */
export type CertificateAt = (url: string) => Promise<string>;

/**
 * Throws an `ApiError` unless the message is signed with the certificate that it names, and that is one of SNS's own.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 *
 * Whose topic it was is not in question here: anyone may have a topic, so the caller looks at `TopicArn`.
 */
export async function verifySignature(message: SnsMessage, certificateAt: CertificateAt): Promise<void> {
  const { SignatureVersion, Signature, SigningCertURL } = message;
  const algorithm = typeof SignatureVersion === 'string' ? ALGORITHMS.get(SignatureVersion) : undefined;
  if (algorithm === undefined) throw forged('its SignatureVersion is neither 1 nor 2');
  if (typeof Signature !== 'string') throw forged('it has no Signature');
  if (typeof SigningCertURL !== 'string' || !isCertificateOfSns(SigningCertURL)) {
    throw forged('its SigningCertURL is not of SNS');
  }
  const { publicKey } = certificateIn(await certificateAt(SigningCertURL));
  const isGenuine = createVerify(algorithm).update(signedText(message)).verify(publicKey, Signature, 'base64');
  if (!isGenuine) throw forged('its Signature is not that of its members');
}

const ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['1', 'RSA-SHA1'],
  ['2', 'RSA-SHA256'],
]);

const HOST = /^sns\.[a-z0-9-]{3,32}\.amazonaws\.com(\.cn)?$/;

/** Whoever may name any URL could name one with a certificate of his own. */
function isCertificateOfSns(text: string): boolean {
  return isUrlOfSns(text) && /^\/SimpleNotificationService-[A-Za-z0-9]{1,64}\.pem$/.test(new URL(text).pathname);
}

/** Whether the URL is SNS's own, with nothing that hides where it goes. */
export function isUrlOfSns(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, username, password, hash } = new URL(text);
  // `host` would have a port that is not https's own.
  return protocol === 'https:' && HOST.test(host) && username === '' && password === '' && hash === '';
}

function certificateIn(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw forged('what its SigningCertURL gives is no certificate');
  }
}

const NOTIFICATION = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'];
const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];

/** Each member that is signed and there, its name and its value on lines of their own. */
function signedText(message: SnsMessage): string {
  const signed = message.Type === 'Notification' ? NOTIFICATION : CONFIRMATION;
  return signed
    .filter((name) => typeof message[name] === 'string')
    .map((name) => `${name}\n${message[name]}\n`)
    .join('');
}

function forged(why: string) {
  return unknownSource(`The message is not known to be from SNS: ${why}.`);
}
