import { describe, expect, it } from 'vitest';
import { inWords } from '../../processors/lambda/batch.ts';
import { fileOf, running, runningModule } from './kit.ts';

/** Functions written for AWS Lambda, run as they are. */

const RECORDS = `event.records.map(({ recordId, data }) => ({
  recordId, result: 'Ok', data: Buffer.from(Buffer.from(data, 'base64').toString().toUpperCase()).toString('base64') }))`;

describe('a handler', () => {
  it.each([
    ['an async function', `export const handler = async (event) => ({ records: ${RECORDS} });`, 'f.mjs'],
    [
      'a function with a callback',
      `exports.handler = (event, context, callback) => { callback(null, { records: ${RECORDS} }); };`,
      'f.cjs',
    ],
    [
      'one that calls context.succeed',
      `exports.handler = (event, context, callback) => { context.succeed({ records: ${RECORDS} }); };`,
      'f.cjs',
    ],
    [
      'a member of what is exported',
      `module.exports = { ['han' + 'dler']: async (event) => ({ records: ${RECORDS} }) };`,
      'f.cjs',
    ],
  ])('may be %s', async (_, text, name) => {
    const { transform } = await running({ modules: { clean: { file: await fileOf(text, name) } } });

    expect(inWords(await transform(['a', 'é']))).toEqual(['A', 'É']);
  });

  it("gets Firehose's event, and Lambda's context", async () => {
    const { transform, lines } = await runningModule(`export const handler = async (event, context) => {
      console.log(JSON.stringify([event.invocationId, event.deliveryStreamArn, event.region, context.awsRequestId,
        context.functionName, context.functionVersion, context.invokedFunctionArn, context.memoryLimitInMB,
        context.getRemainingTimeInMillis() > 290_000]));
      return { records: [] };
    };`);

    await transform(['a'], { named: 'clean:live' });

    expect(JSON.parse(lines[0]?.text ?? '')).toEqual([
      'invocation-1',
      'arn:aws:firehose:eu-west-1:123456789012:deliverystream/clicks',
      'eu-west-1',
      'invocation-1',
      'clean',
      'live',
      'arn:aws:lambda:eu-west-1:123456789012:function:clean:live',
      '256',
      true,
    ]);
  });

  it.each([
    ['throws', 'throw new Error("out of order")'],
    ['calls back with an error', 'callback(new Error("out of order"))'],
    ['calls context.fail', 'context.fail(new Error("out of order"))'],
  ])('that %s fails the attempt, and the log says how', async (_, statement) => {
    const { transform, lines } = await runningModule(
      `export const handler = (event, context, callback) => { ${statement}; };`,
    );

    await expect(transform(['a'])).rejects.toMatchObject({
      code: 'Lambda.FunctionError',
      message: 'The Lambda function was successfully invoked but it returned an error result.',
      retryable: true,
    });
    expect(lines).toEqual([
      {
        functionName: 'clean',
        streamName: 'clicks',
        level: 'error',
        text: expect.stringMatching(/^Error: out of order\n/),
      },
    ]);
  });

  it('that returns nothing has returned no record', async () => {
    const { transform } = await runningModule('export const handler = async () => {};');

    expect(inWords(await transform(['a']))).toEqual(['Lambda.MissingRecordId']);
  });

  it('that returns 20 MB is asked again with less, and then costs one record', async () => {
    const { transform } = await runningModule(`export const handler = async (event) => ({
      records: event.records.map(({ recordId, data }) => ({ recordId, result: 'Ok',
        data: data === 'Yg==' ? 'A'.repeat(20_000_000) : data })) });`);

    expect(inWords(await transform(['a', 'b', 'c']))).toEqual(['a', 'Lambda.FunctionError', 'c']);
  });
});
