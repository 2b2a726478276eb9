import { lambdaTransform } from '../../../src/processors/lambda/lambda-transform.ts';
import type { Invoke, Transform, TransformBatch, TransformOutcome } from '../../../src/processors/lambda/transform.ts';

export interface FirehoseEvent {
  readonly invocationId: string;
  readonly records: readonly { readonly recordId: string; readonly data: string }[];
}

/** A batch of these texts; the records' ids are `r0`, `r1` and so on. */
export function batchOf(texts: readonly (string | Uint8Array)[]): TransformBatch {
  return {
    stream: {
      name: 'clicks',
      arn: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/clicks',
      region: 'eu-west-1',
      dataMember: 'data',
    },
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:clean',
    records: texts.map((text, i) => ({ id: `r${i}`, arrivedAt: 1_700_000_000_000 + i, data: Buffer.from(text) })),
  };
}

/** The transform over a function that answers with this object, or text, to every event. */
export function answering(answer: (event: FirehoseEvent) => unknown): Transform & { events: FirehoseEvent[] } {
  const events: FirehoseEvent[] = [];
  const invoke: Invoke = async (payload) => {
    const event = JSON.parse(Buffer.from(payload).toString()) as FirehoseEvent; // what the transform made
    events.push(event);
    const answered = answer(event);
    return Buffer.from(typeof answered === 'string' ? answered : JSON.stringify(answered));
  };
  let invocations = 0;
  const transform = lambdaTransform({ invoke, newInvocationId: () => `invocation-${++invocations}` });
  return Object.assign(transform, { events });
}

export const never = new AbortController().signal;

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Each outcome in a word: what came of the record, or the code it failed with. */
export function inWords(outcomes: readonly TransformOutcome[]): readonly string[] {
  return outcomes.map((outcome) => {
    if (outcome.result === 'Ok') return outcome.outputs.map(({ data }) => Buffer.from(data).toString()).join('|');
    return outcome.result === 'Dropped' ? outcome.result : outcome.code;
  });
}
