import { DeliveryError } from '../../core/errors.ts';

/** The broker is not, or no longer, the partition's leader: who is says the cluster when it is asked again. */
export const NOT_LEADER = 'Kafka.NotLeader';
/** What was asked for is older than the topic keeps, or beyond its end. */
export const OFFSET_OUT_OF_RANGE = 'Kafka.OffsetOutOfRange';
export const TOPIC_NOT_FOUND = 'Kafka.ResourceNotFound';

/** By the protocol's numbers. https://kafka.apache.org/protocol.html#protocol_error_codes */
const CODES: Readonly<Record<number, readonly [code: string, said: string]>> = {
  1: [OFFSET_OUT_OF_RANGE, 'the offset is out of range'],
  2: ['Kafka.CorruptMessage', 'what it has stored is damaged'],
  3: [TOPIC_NOT_FOUND, 'there is no such topic or partition'],
  5: [NOT_LEADER, 'the partition has no leader now'],
  6: [NOT_LEADER, 'another broker leads the partition'],
  7: ['Kafka.Throttling', 'the request timed out'],
  9: [NOT_LEADER, 'the replica is not available'],
  13: [NOT_LEADER, 'the broker is going'],
  17: ['Kafka.InvalidTopic', 'the name of the topic is not valid'],
  29: ['Kafka.AccessDenied', 'the topic may not be read (ACL: Describe and Read)'],
  31: ['Kafka.AccessDenied', 'the cluster may not be used'],
  33: ['Kafka.UnsupportedSasl', 'it knows another SASL mechanism, see sasl.mechanism'],
  34: ['Kafka.UnsupportedSasl', 'the SASL exchange was out of order'],
  35: ['Kafka.UnsupportedVersion', 'it is older than Kafka 2.1'],
  56: [NOT_LEADER, "the leader's disk has failed"],
  58: ['Kafka.AccessDenied', 'the login was refused'],
  74: [NOT_LEADER, 'the leader has changed'],
  75: [NOT_LEADER, 'the leader has changed'],
  76: ['Kafka.UnsupportedCompression', 'it does not give this compression'],
  78: [NOT_LEADER, 'the new leader does not know its offsets yet'],
  89: ['Kafka.Throttling', 'the request was throttled'],
};

/** What a broker answered instead, or for one partition; all of it is worth another try. 0 is no error. */
export function refusalIn(call: string, number: number, detail = ''): DeliveryError | undefined {
  if (number === 0) return undefined;
  const [code, said] = CODES[number] ?? [`Kafka.Error${number}`, 'see the error codes of the Kafka protocol'];
  const message = `Kafka answered ${call} with error ${number}: ${said}${detail && ` (${detail})`}.`;
  return new DeliveryError(message, { code, retryable: true });
}

export function unreachable(broker: string, why: string): DeliveryError {
  return new DeliveryError(`The broker ${broker} cannot be reached: ${why}`, {
    code: 'Kafka.Unreachable',
    retryable: true,
  });
}

/** What answers is not Kafka, or says more than it may. */
export function badAnswer(call: string, why: string): DeliveryError {
  return new DeliveryError(`The answer to ${call} ${why}.`, { code: 'Kafka.BadAnswer', retryable: true });
}

export function accessDenied(why: string): DeliveryError {
  return new DeliveryError(why, { code: 'Kafka.AccessDenied', retryable: true });
}
