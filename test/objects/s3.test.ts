import { inspect } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectPut } from '../../src/core/objects.ts';
import { type S3Settings, s3Objects } from '../../src/objects/s3.ts';
import { type Behaviour, hangUp, refuse, s3Endpoint } from './s3-endpoint.ts';

const MIB = 1024 * 1024;
const SMALL = 5;
const LARGE = 20 * MIB;
const signal = new AbortController().signal;

describe('an S3 bucket', () => {
  let closing: (() => Promise<unknown>)[] = [];
  beforeEach(() => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIATEST';
    process.env.AWS_SECRET_ACCESS_KEY = 'the-secret-key';
    return async () => {
      for (const close of closing) await close();
      closing = [];
    };
  });

  async function bucketThat(behave?: Behaviour, settings: Partial<S3Settings> = {}) {
    const far = await s3Endpoint(behave);
    closing.push(far.close);
    const store = s3Objects({ endpoint: far.endpoint, region: 'eu-west-1', ...settings });
    return { ...far, put: (object: ObjectPut, at = signal) => store.put(object, at) };
  }
  const asks = ({ asked }: { asked: readonly { what: string }[] }) => asked.map(({ what }) => what);

  it('takes an object of up to 8 MiB in one request of known length, with no checksum trailer', async () => {
    for (const bytes of [0, SMALL, 8 * MIB]) {
      const far = await bucketThat();

      expect(await far.put(object(bytes))).toEqual({ outcome: 'stored', bytes });

      expect(asks(far)).toEqual(['put']);
      expect(far.asked[0]).toMatchObject({
        bodyBytes: bytes,
        headers: { 'content-length': String(bytes), 'content-type': 'application/octet-stream', 'if-none-match': '*' },
      });
      const extras = Object.keys(far.asked[0]?.headers ?? {});
      expect(extras.filter((name) => /trailer|checksum|expect|acl|encryption/.test(name))).toEqual([]);
    }
  });

  it('takes a larger one in parts of 8 MiB, at most two at once, after its upload id was noted', async () => {
    const notes: string[] = [];
    const far = await bucketThat(({ what }) => {
      if (what === 'part') expect(notes).toEqual(['U1']);
      return undefined;
    });
    const onUpload = async (id: string) => void notes.push(id);

    expect(await far.put({ ...object(LARGE), onUpload })).toEqual({ outcome: 'stored', bytes: LARGE });

    expect(asks(far)).toEqual(['create', 'part', 'part', 'part', 'complete']);
    const sizes = far.asked.filter(({ what }) => what === 'part').map(({ bodyBytes }) => bodyBytes);
    expect(sizes.sort((a, b) => a - b)).toEqual([4 * MIB, 8 * MIB, 8 * MIB]);
    expect(far.mostInFlight()).toBeLessThanOrEqual(2);
    expect(far.asked.at(-1)?.headers['if-none-match']).toBe('*');
  });

  it('sends nothing of a large object whose upload id could not be noted', async () => {
    const far = await bucketThat();
    const onUpload = async () => {
      throw new Error('the log is full');
    };

    await expect(far.put({ ...object(LARGE), onUpload })).rejects.toThrow('the log is full');

    expect(asks(far)).toEqual(['create', 'abort']);
  });

  it('says that an object is already there when S3 says so', async () => {
    const far = await bucketThat(({ what }, answer) => what === 'put' && refuse(answer, 412, 'PreconditionFailed'));

    expect(await far.put(object(SMALL))).toEqual({ outcome: 'already-there', bytes: SMALL });
  });

  it('recognises a small object whose answer was lost', async () => {
    let isStored = false;
    const far = await bucketThat((_, answer) => {
      if (isStored) return refuse(answer, 412, 'PreconditionFailed');
      isStored = true;
      return hangUp(answer);
    });

    expect(await far.put(object(SMALL))).toEqual({ outcome: 'already-there', bytes: SMALL });
  });

  it('recognises a large object when the answer to its completion was lost', async () => {
    const far = await bucketThat(({ what }, answer) => {
      if (what === 'complete') return hangUp(answer);
      if (what === 'abort') return refuse(answer, 404, 'NoSuchUpload');
      if (what === 'head') answer.writeHead(200, { 'content-length': String(LARGE) }).end();
      return what === 'head';
    });

    expect(await far.put(object(LARGE))).toEqual({ outcome: 'stored', bytes: LARGE });
  });

  it('puts nothing again when the upload that an earlier attempt left behind was completed after all', async () => {
    const far = await bucketThat(({ what }, answer) => {
      if (what === 'abort') return refuse(answer, 404, 'NoSuchUpload');
      if (what === 'head') answer.writeHead(200, { 'content-length': String(LARGE) }).end();
      return what === 'head';
    });

    const put = far.put({ ...object(LARGE), abandonedUpload: 'U0' });

    expect(await put).toEqual({ outcome: 'already-there', bytes: LARGE });
    expect(asks(far)).toEqual(['abort', 'head']);
  });

  it('gives up the upload of an earlier attempt and puts the object, also where it may not look for it', async () => {
    const far = await bucketThat(({ what }, answer) => what === 'head' && refuse(answer, 403, 'AccessDenied'));

    const put = far.put({ ...object(SMALL), abandonedUpload: 'U0' });

    expect(await put).toEqual({ outcome: 'stored', bytes: SMALL });
    expect(asks(far)).toEqual(['abort', 'head', 'put']);
  });

  it('does not claim a refusal when nobody knows whether an upload was completed', async () => {
    const far = await bucketThat(({ what }, answer) => what === 'complete' && refuse(answer, 404, 'NoSuchUpload'));

    await expect(far.put(object(LARGE))).rejects.toMatchObject({ code: 'S3.NoSuchUpload', refused: false });
  });

  it('tells a completion that failed behind a good status from one that did not', async () => {
    const failing = '<?xml version="1.0"?><Error><Code>InternalError</Code><Message>Try again.</Message></Error>';
    const far = await bucketThat(({ what }, answer) => {
      if (what === 'complete') answer.writeHead(200).end(failing);
      return what === 'complete';
    });

    await expect(far.put(object(LARGE))).rejects.toMatchObject({ code: 'S3.InternalError', refused: false });
  });

  it('does not take the good status of a server that stores nothing for a receipt', async () => {
    const far = await bucketThat((_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>It works!</h1>');
      return true;
    });

    await expect(far.put(object(SMALL))).rejects.toMatchObject({ name: 'DeliveryError', retryable: true });
    await expect(far.put(object(LARGE))).rejects.toMatchObject({ name: 'DeliveryError', retryable: true });
  });

  it('goes without conditions where the store does not know them, and asks only once', async () => {
    const far = await bucketThat(({ headers }, answer) =>
      headers['if-none-match'] === undefined ? undefined : refuse(answer, 501, 'NotImplemented'),
    );

    await far.put(object(SMALL));
    await far.put(object(SMALL));
    await far.put(object(LARGE));

    const conditions = far.asked.map(({ headers }) => headers['if-none-match']);
    expect(conditions.filter((each) => each === '*')).toHaveLength(1);
  });

  for (const [status, code, refused] of [
    [403, 'AccessDenied', true],
    [404, 'NoSuchBucket', true],
    [400, 'KMS.DisabledException', true],
    [301, 'PermanentRedirect', true],
    [400, 'RequestTimeout', false],
    [409, 'ConditionalRequestConflict', false],
    [500, 'InternalError', false],
    [503, 'SlowDown', false],
  ] as const) {
    it(`tries again after ${status} ${code}, ${refused ? 'certain' : 'not certain'} that nothing was stored`, async () => {
      const far = await bucketThat((_, answer) => refuse(answer, status, code));

      await expect(far.put(object(SMALL))).rejects.toMatchObject({
        name: 'DeliveryError',
        code: `S3.${code}`,
        retryable: true,
        refused,
        message: expect.stringContaining(`It is ${code}. (request id REQUEST1)`),
      });
    });
  }

  it('does not claim a refusal that came after an answer it never saw', async () => {
    let isFirst = true;
    const far = await bucketThat((_, answer) => {
      if (!isFirst) return refuse(answer, 403, 'AccessDenied');
      isFirst = false;
      return hangUp(answer);
    });

    await expect(far.put(object(SMALL))).rejects.toMatchObject({ code: 'S3.AccessDenied', refused: false });
  });

  it('gives up its upload when a part fails', async () => {
    const far = await bucketThat(({ what }, answer) => what === 'part' && refuse(answer, 403, 'AccessDenied'));

    await expect(far.put(object(LARGE))).rejects.toMatchObject({ code: 'S3.AccessDenied', refused: true });

    expect(asks(far).at(-1)).toBe('abort');
    expect(asks(far)).not.toContain('complete');
  });

  it('ends when the far side falls silent, and can be called off while it waits', async () => {
    const silent = await bucketThat(() => true, { silenceMs: 50 });
    await expect(silent.put(object(SMALL))).rejects.toMatchObject({ code: 'S3.TimeoutError', refused: false });

    const caller = new AbortController();
    const waiting = await bucketThat(() => {
      caller.abort(new Error('shutting down'));
      return true;
    });
    await expect(waiting.put(object(SMALL), caller.signal)).rejects.toThrow('shutting down');
  });

  it('says that nobody listens, and that there are no credentials', async () => {
    const { endpoint, close } = await s3Endpoint();
    await close();
    const absent = s3Objects({ endpoint, region: 'eu-west-1' }).put(object(SMALL), signal);
    await expect(absent).rejects.toMatchObject({ code: 'S3.ECONNREFUSED', retryable: true });

    delete process.env.AWS_ACCESS_KEY_ID;
    process.env.AWS_EC2_METADATA_DISABLED = 'true';
    process.env.AWS_SHARED_CREDENTIALS_FILE = process.env.AWS_CONFIG_FILE = '/dev/null';
    const far = await bucketThat();
    await expect(far.put(object(SMALL))).rejects.toMatchObject({ code: 'S3.CredentialsProviderError', refused: true });
    expect(far.asked).toEqual([]);
  });

  it('keeps tokens and keys out of its errors', async () => {
    process.env.AWS_SESSION_TOKEN = 'the-session-token';
    const fields = '<Token-0>the-session-token</Token-0><AWSAccessKeyId>AKIATEST</AWSAccessKeyId>';
    const far = await bucketThat((_, answer) => refuse(answer, 400, 'InvalidToken', fields));

    const error = await far.put(object(SMALL)).catch((thrown) => thrown);
    delete process.env.AWS_SESSION_TOKEN;

    expect(error).toMatchObject({ code: 'S3.InvalidToken' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/the-session-token|the-secret-key|AKIATEST/);
  });

  it('sends nothing that is to be encrypted to a store that does not confirm it will be', async () => {
    const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/k';
    const far = await bucketThat();

    const put = far.put({ ...object(SMALL), kmsKeyArn });

    await expect(put).rejects.toMatchObject({ code: 'S3.KMS.KeyNotConfigured', refused: true });
    expect(asks(far)).toEqual(['create', 'abort']);
    expect(far.asked[0]?.headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyArn,
    });
  });

  it('asks the store to encrypt under its own keys when told to, and only where there is no KMS key', async () => {
    const far = await bucketThat(undefined, { sse: 'AES256' });

    await far.put(object(SMALL));
    await far.put({ ...object(SMALL), kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/k' }).catch(() => {});

    const asked = far.asked.map(({ headers }) => headers['x-amz-server-side-encryption']);
    expect(asked.slice(0, 2)).toEqual(['AES256', 'aws:kms']);
  });

  it('lets the bucket\u2019s owner own the object when asked', async () => {
    const far = await bucketThat(undefined, { grantsBucketOwner: true });

    await far.put(object(SMALL));

    expect(far.asked[0]?.headers['x-amz-acl']).toBe('bucket-owner-full-control');
  });

  it('stores many large objects at once with a single buffer, after failures too', async () => {
    let isFailing = true;
    const far = await bucketThat(
      ({ what }, answer) => isFailing && (what === 'create' || what === 'part') && refuse(answer, 403, 'AccessDenied'),
      { connections: 1 },
    );
    const putThree = () => Promise.allSettled([far.put(object(LARGE)), far.put(object(SMALL)), far.put(object(LARGE))]);
    await putThree();
    isFailing = false;

    const results = await putThree();

    expect(results.map(({ status }) => status)).toEqual(Array(3).fill('fulfilled'));
    expect(far.mostInFlight()).toBe(1);
  });

  it('takes an object with its only buffer after the body of another failed', async () => {
    const far = await bucketThat(undefined, { connections: 1 });
    async function* broken() {
      yield Buffer.from('x');
      throw new Error('the log cannot be read');
    }
    await expect(far.put({ ...object(0), body: broken() })).rejects.toThrow('the log cannot be read');

    expect(await far.put(object(SMALL))).toEqual({ outcome: 'stored', bytes: SMALL });
  });

  it('stops waiting for a buffer when it is called off', async () => {
    const caller = new AbortController();
    const far = await bucketThat(() => true, { connections: 1 });
    const first = far.put(object(SMALL), caller.signal);
    const second = far.put(object(SMALL), caller.signal);
    caller.abort(new Error('shutting down'));

    await expect(first).rejects.toThrow('shutting down');
    await expect(second).rejects.toThrow('shutting down');
  });
});

function object(sizeBytes: number): ObjectPut {
  async function* body() {
    for (let left = sizeBytes; left > 0; left -= MIB) yield Buffer.alloc(Math.min(left, MIB), 'x');
  }
  return { bucket: 'lake', key: 'a/b', body: body(), contentType: 'application/octet-stream' };
}
