import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { type SnsMessage, snsMessage } from '../../src/sources/sns.ts';
import { verifySignature } from '../../src/sources/sns-signature.ts';
import { CERTIFICATE, documented, signed } from './events.ts';

const certificateAt = async () => CERTIFICATE;
const verify = (message: SnsMessage) => verifySignature(message, certificateAt);
const NOTIFICATION = documented('sns-http');
const { Subject: _, ...WITHOUT_SUBJECT } = NOTIFICATION;
const CONFIRMATION = documented('sns-subscription');

describe('a signature of SNS', () => {
  const messages: [string, JsonObject][] = [
    ['a notification', NOTIFICATION],
    ['a notification without a subject', WITHOUT_SUBJECT],
    ['a subscription to confirm', CONFIRMATION],
    ['the end of a subscription', { ...CONFIRMATION, Type: 'UnsubscribeConfirmation' }],
  ];

  it.each(messages)('is known to be genuine in both versions: of %s', async (_, message) => {
    await expect(verify(signed(message, '1'))).resolves.toBeUndefined();
    await expect(verify(signed(message, '2'))).resolves.toBeUndefined();
  });

  it.each(['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn'])('is not that of another %s', async (name) => {
    const message = { ...signed(NOTIFICATION), [name]: 'other' };

    await expect(verify(message)).rejects.toMatchObject({ code: 'InvalidSourceException', status: 403 });
  });

  it.each(['SubscribeURL', 'Token'])('of a confirmation is not that of another %s', async (name) => {
    const message = { ...signed(CONFIRMATION), [name]: 'other' };

    await expect(verify(message)).rejects.toMatchObject({ code: 'InvalidSourceException' });
  });

  it.each<[string, JsonObject]>([
    ['a version that there is not', { SignatureVersion: '3' }],
    ['no version', { SignatureVersion: undefined }],
    ['the other version', { SignatureVersion: '1' }],
    ['no signature', { Signature: undefined }],
    ['a signature that is no base64', { Signature: '*' }],
    ['no certificate', { SigningCertURL: undefined }],
  ])('is refused that has %s', async (_, members) => {
    await expect(verify({ ...signed(NOTIFICATION), ...members })).rejects.toMatchObject({
      code: 'InvalidSourceException',
    });
  });

  const PATH = '/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem';

  it.each([
    `http://sns.us-west-2.amazonaws.com${PATH}`,
    `https://sns.us-west-2.amazonaws.com.example.com${PATH}`,
    `https://example.com/sns.us-west-2.amazonaws.com${PATH}`,
    `https://sns.us-west-2.amazonaws.com:8443${PATH}`,
    `https://sns.us-west-2.amazonaws.com@example.com${PATH}`,
    `https://example.com@sns.us-west-2.amazonaws.com${PATH}`,
    `https://bucket.s3.amazonaws.com${PATH}`,
    `https://sns.us.west.amazonaws.com${PATH}`,
    'https://sns.us-west-2.amazonaws.com/other.pem',
    `https://sns.us-west-2.amazonaws.com/a${PATH}`,
    'no URL',
  ])('is not believed with a certificate from %s', async (SigningCertURL) => {
    const asked: string[] = [];
    const verified = verifySignature({ ...signed(NOTIFICATION), SigningCertURL }, async (url) => {
      asked.push(url);
      return CERTIFICATE;
    });

    await expect(verified).rejects.toMatchObject({ message: expect.stringContaining('SigningCertURL is not of SNS') });
    expect(asked).toEqual([]);
  });

  it('is believed with a certificate from China', async () => {
    const SigningCertURL = `https://sns.cn-north-1.amazonaws.com.cn${PATH}`;

    await expect(verify({ ...signed(NOTIFICATION), SigningCertURL })).resolves.toBeUndefined();
  });

  it('is refused when there is no certificate where it should be', async () => {
    const verified = verifySignature(signed(NOTIFICATION), async () => '<html>');

    await expect(verified).rejects.toMatchObject({ message: expect.stringContaining('no certificate') });
  });
});

it.each(['Type', 'MessageId', 'TopicArn', 'Message', 'Timestamp'])('a message of SNS without %s is none', (name) => {
  expect(() => snsMessage({ ...NOTIFICATION, [name]: undefined })).toThrow(name);
});
