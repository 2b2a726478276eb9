import type { StreamDefinition } from '../../../src/core/streams.ts';
import { kafkaReaders } from '../../../src/local/kafka/kafka-readers.ts';
import { anMskStream } from '../../kit/streams.ts';
import { virtualClock } from '../../kit/virtual-clock.ts';
import { readingWith } from '../sources/reading.ts';
import { kafkaModel } from './kafka-model.ts';

const START = 1_700_000_000_000;

/** The real readers on a model of a cluster. */
export async function reading({ budgetBytes = 1 << 30, answerRecords = 1_000, isConfigured = true } = {}) {
  const clock = virtualClock(START, 60);
  const model = kafkaModel(clock.now, { answerRecords });
  const cluster = () => (isConfigured ? model.api : undefined);
  const own = await readingWith({ clock, budgetBytes }, (ports) => kafkaReaders({ ...ports, cluster }));
  return { ...own, model, create: (stream: StreamDefinition = anMskStream()) => own.create(stream) };
}
