import { sharedBuffer } from '../../src/lambda/buffer.ts';
import { describeBuffer } from '../kit/buffer.ts';
import { type ModelServices, modelServices } from './model-services.ts';

let services: ModelServices;
let made = 0;

function open() {
  const { rows, objects } = services;
  const now = () => 5_000;
  return sharedBuffer({ rows, objects, now, newId: () => `id-${++made}`, leaseUntil: () => now() + 1_000 });
}

describeBuffer({
  name: 'S3 and DynamoDB, in a model',
  open: async () => {
    services = modelServices(() => 5_000);
    return open();
  },
  reopen: async () => open(),
});
