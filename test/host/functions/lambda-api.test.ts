import { FirehoseClient } from '@aws-sdk/client-firehose';
import { describe, expect, it } from 'vitest';
import { signed } from '../../../src/host/aws/signature.ts';
import { running } from '../../local/functions/kit.ts';
import { inWords } from '../../processors/lambda/batch.ts';
import { type Behaviour, CREDENTIALS, failFunction, lambdaEndpoint, refuse } from './lambda-endpoint.ts';

const credentials = async () => CREDENTIALS;

async function invoking(behave?: Behaviour) {
  const api = await lambdaEndpoint(behave);
  return { api, ...(await running({ modules: {}, api: { endpoint: api.endpoint, credentials } })) };
}

describe('a function behind the API', () => {
  it("gets Firehose's event under its name, and its answer is read", async () => {
    const { api, transform } = await invoking();

    expect(inWords(await transform(['a', 'é']))).toEqual(['a', 'é']);

    expect(api.invoked.map(({ path }) => path)).toEqual(['/2015-03-31/functions/clean/invocations']);
    expect(JSON.parse(api.invoked[0]?.payload ?? '')).toMatchObject({ invocationId: 'invocation-1' });
  });

  it('may be a version; the latest is named by no version', async () => {
    const { api, transform } = await invoking();

    await transform(['a'], { named: 'clean:live' });
    await transform(['a'], { named: 'clean:$LATEST' });

    expect(api.invoked.map(({ path }) => path)).toEqual([
      '/2015-03-31/functions/clean%3Alive/invocations',
      '/2015-03-31/functions/clean/invocations',
    ]);
  });

  it('that answers more than 6 MB is asked again with less', async () => {
    const { transform } = await invoking(({ payload }, answer) => {
      if (!payload.includes('"r1"')) return undefined;
      answer.end(' '.repeat(7_000_000));
      return true;
    });

    expect(inWords(await transform(['a', 'b', 'c']))).toEqual(['a', 'Lambda.FunctionError', 'c']);
  });

  it('whose answer Lambda refused as too large is asked again with less', async () => {
    const { transform } = await invoking(({ payload }, answer) =>
      payload.includes('"r1"') ? failFunction(answer, 'Function.ResponseSizeTooLarge', 'exceeded') : undefined,
    );

    expect(inWords(await transform(['a', 'b', 'c']))).toEqual(['a', 'Lambda.FunctionError', 'c']);
  });

  it('whose request was refused as too large is asked again with less', async () => {
    const { transform } = await invoking(({ payload }, answer) =>
      payload.includes('"r1"') ? refuse(answer, 413, 'RequestTooLargeException', 'too large') : undefined,
    );

    expect(inWords(await transform(['a', 'b', 'c']))).toEqual(['a', 'Lambda.InvocationFailure', 'c']);
  });
});

describe('an invocation that fails', () => {
  it.each([
    [400, 'InvalidRequestContentException', 'Lambda.InvocationFailure'],
    [403, 'AccessDeniedException', 'Lambda.InvokeAccessDenied'],
    [403, 'ExpiredTokenException', 'Lambda.InvalidSecurityToken'],
    [403, 'UnrecognizedClientException', 'Lambda.InvalidSecurityToken'],
    [403, '', 'Lambda.InvokeAccessDenied'],
    [404, 'ResourceNotFoundException:http://internal.amazon.com/', 'Lambda.ResourceNotFound'],
    [429, 'TooManyRequestsException', 'Lambda.InvokeLimitExceeded'],
    [429, '', 'Lambda.InvokeLimitExceeded'],
    [500, 'ServiceException', 'Lambda.InternalServerError'],
    [502, 'ENILimitReachedException', 'Lambda.ENILimitReachedException'],
    [502, 'InvalidSecurityGroupIDException', 'Lambda.InvalidSecurityGroupIDException'],
    [502, 'InvalidSubnetIDException', 'Lambda.InvalidSubnetIDException'],
    [502, 'InvalidZipFileException', 'Lambda.InvalidZipFileException'],
    [502, 'SubnetIPAddressLimitReachedException', 'Lambda.SubnetIPAddressLimitReachedException'],
    [502, 'constructor', 'Lambda.InvocationFailure'],
    [503, '', 'Lambda.ServiceUnavailable'],
    [302, '', 'Lambda.InvocationFailure'],
  ])('with %i %s has the code that Firehose gives it, and is tried again', async (status, type, code) => {
    const { transform } = await invoking((_, answer) => refuse(answer, status, type, 'It is so.'));

    await expect(transform(['a'])).rejects.toMatchObject({ code, retryable: true });
  });

  it('in the function says so in the words of AWS, and in the log what happened', async () => {
    const { transform, lines } = await invoking((_, answer) =>
      failFunction(answer, 'TypeError', 'x is not a function'),
    );

    await expect(transform(['a'])).rejects.toMatchObject({
      code: 'Lambda.FunctionError',
      retryable: true,
      message: 'The Lambda function was successfully invoked but it returned an error result.',
    });
    expect(lines).toEqual([
      { functionName: 'clean', streamName: 'clicks', level: 'error', text: 'TypeError: x is not a function' },
    ]);
  });

  it('because there is no such function is a matter of configuration', async () => {
    const { transform } = await invoking();

    await expect(transform(['a'], { named: 'other' })).rejects.toMatchObject({ code: 'Lambda.ResourceNotFound' });
  });

  it.each<[string, Behaviour]>([
    [
      'before its answer',
      (_, answer) => {
        answer.destroy();
        return true;
      },
    ],
    [
      'within its answer',
      (_, answer) => {
        answer.writeHead(200, { 'content-length': '100' });
        answer.write('{"records":');
        setImmediate(() => answer.destroy());
        return true;
      },
    ],
  ])('because the connection ended %s is tried again', async (_, behave) => {
    const { transform } = await invoking(behave);

    await expect(transform(['a'])).rejects.toMatchObject({
      code: 'Lambda.TargetServerFailedToRespond',
      retryable: true,
    });
  });

  it('because nobody listens is tried again', async () => {
    const { api, transform } = await invoking();
    await api.close();

    await expect(transform(['a'])).rejects.toMatchObject({
      code: 'Lambda.TargetServerFailedToRespond',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('because no answer came in five minutes is tried again', async () => {
    let asked: (() => void) | undefined;
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { transform, clock } = await invoking(() => {
      asked?.();
      return true;
    });
    const outcome = expect(transform(['a'])).rejects.toMatchObject({
      code: 'Lambda.FunctionTimedOut',
      retryable: true,
    });

    await wasAsked;
    await clock.pass(5 * 60_000);

    await outcome;
  });

  it('because the caller gave it up says what the caller said', async () => {
    const stop = new AbortController();
    const { transform } = await invoking(() => {
      stop.abort('enough');
      return true;
    });

    await expect(transform(['a'], { signal: stop.signal })).rejects.toBe('enough');
  });

  it('for want of credentials says so', async () => {
    const api = await lambdaEndpoint();
    const none = async () => Promise.reject(new Error('Could not load credentials from any providers'));
    const { transform } = await running({ modules: {}, api: { endpoint: api.endpoint, credentials: none } });

    await expect(transform(['a'])).rejects.toMatchObject({ code: 'Lambda.InvalidSecurityToken', retryable: true });
    expect(api.invoked).toEqual([]);
  });
});

describe('the signature', () => {
  it("is that of AWS's own test suite", () => {
    // The case get-vanilla, as a request without our further headers.
    const { authorization } = signed(
      { method: 'GET', url: new URL('https://example.amazonaws.com/'), body: Buffer.alloc(0) },
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
      { region: 'us-east-1', service: 'service', now: Date.UTC(2015, 7, 30, 12, 36, 0) },
    );

    expect(authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        'SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    );
  });

  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['a path with an ARN', '/2015-03-31/functions/arn%3Aaws%3Alambda%3Af/invocations', {}],
    ['a header of AWS', '/', { 'x-amz-target': 'Kinesis_20131202.GetRecords' }],
  ])('of %s is the one that the AWS SDK makes', async (_, path, headers) => {
    const client = new FirehoseClient({ region: 'eu-west-1', credentials: CREDENTIALS });
    const signer = await client.config.signer({
      name: 'sigv4',
      signingName: 'lambda',
      signingRegion: 'eu-west-1',
      properties: {},
    });
    const url = new URL(`https://lambda.eu-west-1.amazonaws.com${path}`);
    const now = Date.UTC(2026, 0, 2, 3, 4, 5);

    const theirs = await signer.sign(
      {
        protocol: 'https:',
        hostname: url.hostname,
        method: 'POST',
        path: url.pathname,
        query: {},
        headers: { host: url.host, ...headers },
        body: '{}',
      },
      // A header that the SDK adds and Lambda does not ask for.
      { signingDate: new Date(now), unsignableHeaders: new Set(['x-amz-content-sha256']) },
    );
    const ours = signed({ method: 'POST', url, body: Buffer.from('{}'), headers }, CREDENTIALS, {
      region: 'eu-west-1',
      service: 'lambda',
      now,
    });

    expect(theirs.headers).toMatchObject(ours);
  });
});
