import { describe } from 'vitest';
import { testApiOf } from '../kit/api.ts';
import { functionApi } from './function-api.ts';

testApiOf(functionApi);

/** What clients are answered does not depend on the host: these are the tests that the local one passes. */
describe('the API as a function', async () => {
  await import('../api/create-and-describe.test.ts');
  await import('../api/describe.test.ts');
  await import('../api/encryption.test.ts');
  await import('../api/endpoint-url.test.ts');
  await import('../api/fuzz.test.ts');
  await import('../api/lifecycle.test.ts');
  await import('../api/object-encryption.test.ts');
  await import('../api/protocol.test.ts');
  await import('../api/rules.test.ts');
  await import('../api/sdk.test.ts');
  await import('../api/tables.test.ts');
  await import('../api/tags.test.ts');
  await import('../api/update.test.ts');
  await import('../api/put/put.test.ts');
  await import('../api/authentication/gate.test.ts');
});
