import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { testApi } from '../kit/api.ts';
import { createInput, KMS_KEY, ROLE } from './inputs.ts';

const OWNED = { KeyType: 'AWS_OWNED_CMK' };
const CUSTOMER = { KeyType: 'CUSTOMER_MANAGED_CMK' };
const KINESIS = {
  DeliveryStreamType: 'KinesisStreamAsSource',
  KinesisStreamSourceConfiguration: {
    KinesisStreamARN: 'arn:aws:kinesis:us-east-1:123456789012:stream/s',
    RoleARN: ROLE,
  },
};
const NO_DIRECT_PUT =
  'Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams';
const CANNOT = 'This host cannot encrypt what it buffers under a stream key.';

describe('encryption of what a stream buffers', () => {
  const rules: [string, JsonObject, JsonObject, string][] = [
    ['of a Kinesis source', OWNED, KINESIS, NO_DIRECT_PUT],
    ['under no key', CUSTOMER, {}, 'KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK'],
    [
      'under a key of both',
      { ...OWNED, KeyARN: KMS_KEY },
      {},
      'KeyARN cannot be specified when KeyType is AWS_OWNED_CMK',
    ],
    [
      'under a key elsewhere',
      { ...CUSTOMER, KeyARN: KMS_KEY.replace('us-east-1', 'eu-west-1') },
      {},
      'Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose',
    ],
    ['that keeps all rules of AWS', { ...CUSTOMER, KeyARN: KMS_KEY }, {}, CANNOT],
  ];

  test.each(rules)('%s is refused at create', async (_, encryption, others, message) => {
    const input = createInput('ExtendedS3', {}, { ...others, DeliveryStreamEncryptionConfigurationInput: encryption });

    const { body } = await testApi().call('CreateDeliveryStream', input);

    expect(body.__type).toBe('InvalidArgumentException');
    expect(body.message).toContain(message);
  });

  test.each(rules)('%s is refused at start', async (_, DeliveryStreamEncryptionConfigurationInput, others, message) => {
    const { output, call } = testApi();
    await output('CreateDeliveryStream', createInput('ExtendedS3', {}, others));

    const { body } = await call('StartDeliveryStreamEncryption', {
      DeliveryStreamName: 'clicks',
      DeliveryStreamEncryptionConfigurationInput,
    });

    expect(body.__type).toBe('InvalidArgumentException');
    expect(body.message).toContain(message);
  });

  test('is stopped where there is none', async () => {
    const { output } = testApi();
    await output('CreateDeliveryStream', createInput('ExtendedS3'));

    expect(await output('StopDeliveryStreamEncryption', { DeliveryStreamName: 'clicks' })).toEqual({});
  });

  test('cannot be stopped for a Kinesis source', async () => {
    const { output, call } = testApi();
    await output('CreateDeliveryStream', createInput('ExtendedS3', {}, KINESIS));

    expect((await call('StopDeliveryStreamEncryption', { DeliveryStreamName: 'clicks' })).body.message).toBe(
      NO_DIRECT_PUT,
    );
  });

  test.each(['StartDeliveryStreamEncryption', 'StopDeliveryStreamEncryption'])(
    '%s needs a stream that is ACTIVE',
    async (operation) => {
      const { output, call } = testApi({ transitionMs: 1_000 });
      await output('CreateDeliveryStream', createInput('ExtendedS3'));

      expect((await call(operation, { DeliveryStreamName: 'clicks' })).body.__type).toBe('ResourceInUseException');
    },
  );
});
