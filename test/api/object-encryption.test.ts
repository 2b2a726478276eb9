import { expect, test } from 'vitest';
import { testApi } from '../kit/api.ts';
import { BACKUP, createInput, KMS_KEY } from './inputs.ts';

const UNDER_KEY = { EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: KMS_KEY } } };
const OTHER_KEY = { EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: `${KMS_KEY}2` } } };
const create = (input: ReturnType<typeof createInput>) =>
  testApi({ encryptedBy: (arn) => (arn === KMS_KEY ? 'Hydrant' : 'the store') }).call('CreateDeliveryStream', input);

test('objects that Redshift is to copy are not encrypted by Hydrant', async () => {
  const { status, body } = await create(createInput('Redshift', { S3Configuration: { ...BACKUP, ...UNDER_KEY } }));

  expect(status).toBe(400);
  expect(body).toMatchObject({
    __type: 'InvalidArgumentException',
    message: expect.stringContaining(`Redshift cannot copy objects that Hydrant encrypts itself`),
  });
});

test.each([
  ['what Redshift is to copy, by the store', createInput('Redshift', { S3Configuration: { ...BACKUP, ...OTHER_KEY } })],
  [
    'source records of a Redshift stream, by Hydrant',
    createInput('Redshift', { S3BackupMode: 'Enabled', S3BackupConfiguration: { ...BACKUP, ...UNDER_KEY } }),
  ],
  ['objects of an S3 destination, by Hydrant', createInput('ExtendedS3', UNDER_KEY)],
  ['error output, by Hydrant', createInput('Splunk', { S3Configuration: { ...BACKUP, ...UNDER_KEY } })],
])('a stream may have encrypted %s', async (_, input) => {
  expect((await create(input)).status).toBe(200);
});
