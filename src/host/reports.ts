import type { Batch } from '../core/buffer.ts';
import type { DrainEvent } from '../core/events.ts';
import { laneOf } from '../core/lanes.ts';
import type { StreamDefinition } from '../core/streams.ts';
import type { Log } from './log.ts';

/** Turns what the pipeline tells into log lines: a sentence, and the same as fields. */
export function drainReporter(log: Log): (event: DrainEvent) => void {
  return (event) => {
    switch (event.type) {
      case 'delivered': {
        const { records, bytes, freshnessMs, plan } = event;
        const fields = { ...fieldsOf(event), delivered: records, objectBytes: bytes, freshnessMs, output: plan.output };
        return log.info(fields, `Delivered ${records} records of ${nameOf(event)}.`);
      }
      case 'postponed': {
        const { attempts, code, until } = event;
        const fields = { ...fieldsOf(event), attempts, code, nextAttempt: new Date(until).toISOString() };
        return log.warn(fields, `Delivery of ${nameOf(event)} failed and will be tried again: ${event.message}`);
      }
      case 'diverted': {
        const { reason, records } = event;
        const fields = { ...fieldsOf(event), records, code: reason.code, errorOutputType: reason.type };
        return log.warn(fields, `${records} records of ${nameOf(event)} go to the error output: ${reason.message}`);
      }
      case 'discarded': {
        const { batch } = event;
        return log.warn(
          { batch: batch.id, records: batch.records, bytes: batch.bytes },
          `${batch.records} records are discarded: their stream was deleted.`,
        );
      }
      case 'faulty':
        return log.error(
          { ...fieldsOf(event), err: event.error },
          `Delivery of ${nameOf(event)} failed in a way it should not; it will be tried again.`,
        );
    }
  };
}

interface OfBatch {
  readonly stream: StreamDefinition;
  readonly batch: Batch;
}

function nameOf({ stream }: OfBatch): string {
  return `stream ${stream.name}`;
}

function fieldsOf({ stream, batch }: OfBatch) {
  return {
    stream: stream.name,
    stage: laneOf(batch.lane).stage,
    batch: batch.id,
    records: batch.records,
    bytes: batch.bytes,
  };
}
