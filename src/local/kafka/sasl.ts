import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { ALGORITHM, basicTime, scopeText, signature, signingKey } from '../../api/authentication/signature.ts';
import type { Credentials } from '../../host/aws/signature.ts';
import { placeOf, type SecretReference, secretAt } from '../../host/secret-reference.ts';
import { accessDenied } from './kafka-error.ts';

export type SaslSettings =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
      readonly username: string;
      readonly password: SecretReference;
    }
  /** IAM access control of MSK, with the credentials that AWS tools find. */
  | { readonly mechanism: 'AWS_MSK_IAM'; readonly region: string };

export interface LoginPorts {
  /** The broker's host, as it was connected to. */
  readonly host: string;
  readonly now: () => number;
  readonly credentials: () => Promise<Credentials>;
  /** One message of the exchange, and what the broker answers. */
  readonly say: (message: Buffer) => Promise<Buffer>;
}

/** Logs in; rejects where the broker does not prove that it knows the password, or there is none. */
export async function logIn(sasl: SaslSettings, ports: LoginPorts): Promise<void> {
  switch (sasl.mechanism) {
    case 'AWS_MSK_IAM':
      await ports.say(await mskIam(sasl.region, ports));
      return;
    case 'PLAIN': {
      const password = await passwordIn(sasl.password);
      await ports.say(Buffer.from(`\0${sasl.username}\0${password}`));
      return;
    }
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512':
      await scram(sasl.mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', sasl, ports.say);
  }
}

/** Looked up each time: a changed one needs no restart. */
async function passwordIn(reference: SecretReference): Promise<string> {
  const held = (await secretAt(reference))?.trim();
  if (held !== undefined && held !== '') return held;
  throw accessDenied(`There is no password for Kafka: ${placeOf(reference)} cannot be read, or is empty.`);
}

/** https://www.rfc-editor.org/rfc/rfc5802 */
async function scram(
  hash: 'sha256' | 'sha512',
  { username, password: reference }: { readonly username: string; readonly password: SecretReference },
  say: LoginPorts['say'],
): Promise<void> {
  const password = await passwordIn(reference);
  const hmac = (key: Uint8Array, text: string) => createHmac(hash, key).update(text).digest();
  const escaped = username.replaceAll('=', '=3D').replaceAll(',', '=2C');
  const first = `n=${escaped},r=${randomBytes(24).toString('base64')}`;

  const challenge = (await say(Buffer.from(`n,,${first}`))).toString();
  const { r: nonce = '', s: salt = '', i: iterations = '' } = attributesOf(challenge);
  const ours = attributesOf(first).r ?? '';
  if (!nonce.startsWith(ours) || nonce === ours || !isWithinReason(Number(iterations))) throw broken();

  const bytes = hash === 'sha256' ? 32 : 64;
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), bytes, hash);
  const last = `c=biws,r=${nonce}`;
  const exchange = `${first},${challenge},${last}`;
  const clientKey = hmac(salted, 'Client Key');
  const proof = hmac(createHash(hash).update(clientKey).digest(), exchange);
  for (const [i, byte] of clientKey.entries()) proof[i]! ^= byte; // both are as long as the hash

  const answer = await say(Buffer.from(`${last},p=${proof.toString('base64')}`));
  const { v = '' } = attributesOf(answer.toString());
  const theirs = Buffer.from(v, 'base64');
  const expected = hmac(hmac(salted, 'Server Key'), exchange);
  if (theirs.length !== expected.length || !timingSafeEqual(theirs, expected)) throw broken();
}

/** Kafka's least; and no more than takes a tenth of a second, for the event loop waits. */
function isWithinReason(iterations: number): boolean {
  return iterations >= 4_096 && iterations <= 100_000;
}

function attributesOf(message: string): Readonly<Record<string, string>> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}

function broken() {
  return accessDenied('The broker does not prove that it knows the password of its user (SCRAM).');
}

const EXPIRES_SECONDS = '900';

/**
 * A request that is never sent as one: its signature says who connects.
 * https://github.com/aws/aws-msk-iam-auth#details
 */
async function mskIam(region: string, { host, now, credentials }: LoginPorts): Promise<Buffer> {
  const { accessKeyId, secretAccessKey, sessionToken } = await credentials().catch((error: Error) => {
    throw accessDenied(`No AWS credentials to log in to Kafka with: ${error.message}`);
  });
  const scope = { time: basicTime(now()), region, service: 'kafka-cluster' };
  const query = {
    Action: 'kafka-cluster:Connect',
    'X-Amz-Algorithm': ALGORITHM,
    'X-Amz-Credential': `${accessKeyId}/${scopeText(scope)}`,
    'X-Amz-Date': scope.time,
    'X-Amz-Expires': EXPIRES_SECONDS,
    ...(sessionToken !== undefined && { 'X-Amz-Security-Token': sessionToken }),
    'X-Amz-SignedHeaders': 'host',
  };
  const text = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const request = { method: 'GET', url: `/?${text.join('&')}`, headers: { host }, body: Buffer.alloc(0) };
  const hex = signature(request, ['host'], { scope, key: signingKey(secretAccessKey, scope) });
  const members = Object.entries(query).map(([name, value]) => [name.toLowerCase(), value]);
  const own = { version: '2020_10_22', host, 'user-agent': 'hydrant' };
  return Buffer.from(JSON.stringify({ ...own, ...Object.fromEntries(members), 'x-amz-signature': hex }));
}
