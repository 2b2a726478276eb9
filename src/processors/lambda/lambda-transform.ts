import { eventOf } from './event.ts';
import { inHalves } from './halves.ts';
import { outcomesIn } from './response.ts';
import type { Invoke, Transform } from './transform.ts';

export interface LambdaTransformPorts {
  readonly invoke: Invoke;
  /** A new one for every invocation; on AWS a UUID. */
  readonly newInvocationId: () => string;
}

/** The contract that Firehose has with a Lambda function, over any way to invoke one. */
export function lambdaTransform({ invoke, newInvocationId }: LambdaTransformPorts): Transform {
  return inHalves(async (batch, signal) => {
    const answer = await invoke(eventOf(batch, newInvocationId()), signal);
    return outcomesIn(answer, batch);
  });
}
