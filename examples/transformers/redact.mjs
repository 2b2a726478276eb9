/**
 * A transformer in the plain form: leaves out the load balancer's health checks and hides e-mail addresses.
 *
 *     functions: { redact: './redact.mjs' }
 *
 * and the stream's processor names it: `LambdaArn: arn:aws:lambda:us-east-1:000000000000:function:redact`.
 *
 * @param {import('../../src/local/functions/transformer.ts').TransformerRecord} record
 */
export default function redact(record) {
  const event = record.json; // a record that is no JSON goes to the error output
  if (event.path === '/healthz') return null;
  return JSON.parse(record.text, (_, value) => (typeof value === 'string' ? value.replace(ADDRESS, '***@$1') : value));
}

/** Who it is goes, where it is stays. The lengths are those of RFC 5321. */
const ADDRESS = /[\w.%+-]{1,64}@([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})/g;
