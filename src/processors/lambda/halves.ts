import { DeliveryError } from '../../core/errors.ts';
import type { Transform, TransformOutcome, TransformRecord } from './transform.ts';

/**
 * Attempts that one batch may be cut into. Finding one record with a huge answer among 100,000 takes 34, so this is
 * enough for some thirty of them, and few enough that a function that answers too much to everything is soon given up.
 */
const ATTEMPTS_MOST = 1_000;

const TOO_LARGE = { request: 'Lambda.RequestTooLarge', response: 'Lambda.ResponseTooLarge' } as const;

/**
 * The batch cannot be sent, or answered, in one piece. Its code is no AWS code and does not leave this room: `inHalves`
 * turns it into smaller attempts, or into the outcome of the one record it is about.
 */
export function tooLarge(what: keyof typeof TOO_LARGE): DeliveryError {
  return new DeliveryError(`The ${what} is larger than a Lambda function may have.`, {
    code: TOO_LARGE[what],
    retryable: true,
  });
}

/**
 * Where Firehose fails a batch that is too large for its function, this cuts it in two, again and again, and tries each
 * piece with the same record ids. A single record that is still too large fails for good, with AWS's code.
 *
 * The pieces go one after another, so that a batch takes no more of the function's concurrency than one. The attempt is
 * all or nothing: when a piece fails, what other pieces answered is thrown away, since the caller tries the whole batch
 * again and must not mix what two attempts said.
 */
export function inHalves(attempt: Transform): Transform {
  return async (batch, signal) => {
    const outcomes: TransformOutcome[] = [];
    const waiting: (readonly TransformRecord[])[] = [batch.records];
    for (let attempts = 0; waiting.length > 0; attempts++) {
      if (attempts === ATTEMPTS_MOST) throw tooManyPieces(batch.functionArn);
      const records = waiting.pop()!; // there is one: the loop's condition
      if (records.length === 0) continue;
      const answered = await orTooLarge(attempt({ ...batch, records }, signal));
      if (!(answered instanceof DeliveryError)) {
        for (const outcome of answered) outcomes.push(outcome);
      } else if (records.length === 1) {
        outcomes.push(finalOutcome(answered));
      } else {
        const middle = records.length >> 1;
        waiting.push(records.slice(middle), records.slice(0, middle));
      }
    }
    return outcomes;
  };
}

async function orTooLarge<T>(attempt: Promise<T>): Promise<T | DeliveryError> {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof DeliveryError && Object.values<string>(TOO_LARGE).includes(error.code)) return error;
    throw error;
  }
}

/**
 * Observed on AWS: a response over the limit is `Lambda.FunctionError`. What it says of a request over the limit nobody
 * has seen; `Lambda.InvocationFailure` is the nearest of its codes.
 */
function finalOutcome({ code }: DeliveryError): TransformOutcome {
  if (code === TOO_LARGE.response) {
    const message =
      'The Lambda function was successfully invoked but it returned an error result. ' +
      'Its response to this one record is larger than a function may give.';
    return { result: 'failed', code: 'Lambda.FunctionError', message };
  }
  const message = 'The record is too large for the request to the Lambda function, which may have 6 MB.';
  return { result: 'failed', code: 'Lambda.InvocationFailure', message };
}

function tooManyPieces(functionArn: string): DeliveryError {
  const message =
    `The answers of ${functionArn} are too large for most of the batch's records: ` +
    `after ${ATTEMPTS_MOST} smaller attempts the batch was left for a later one.`;
  return new DeliveryError(message, { code: 'Lambda.FunctionError', retryable: true });
}
