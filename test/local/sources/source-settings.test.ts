import { describe, expect, it } from 'vitest';
import { settingsIn, settled } from '../../../src/local/settings.ts';

const read = (sources: unknown) => settingsIn({ sources }, '/etc/hydrant/hydrant.config.js');

describe('sources in the configuration file', () => {
  it('name access keys, in files from its folder', () => {
    const given = { httpDelivery: { clicks: 'file:keys/clicks', orders: 'env:ORDERS_KEY' } };

    expect(settled('/', {}, read(given)).sources).toEqual({
      httpDelivery: { clicks: { file: '/etc/hydrant/keys/clicks' }, orders: { variable: 'ORDERS_KEY' } },
    });
  });

  it('name topics of SNS and queues of SQS', () => {
    const topics = ['arn:aws:sns:eu-central-1:123456789012:alerts'];
    const [plain, other] = ['https://sqs.eu-central-1.amazonaws.com/123456789012/q', 'http://127.0.0.1:9324/1/q'];
    const sns = { alerts: { topics, password: 'file:password' } };
    const sqs = { [plain]: 'clicks', [other]: { stream: 'lines', content: 'objects', region: 'eu-west-1' } };

    expect(settled('/', {}, read({ sns, sqs })).sources).toEqual({
      sns: { alerts: { topics, password: { file: '/etc/hydrant/password' } } },
      sqs: {
        [plain]: { streamName: 'clicks', content: 'messages' },
        [other]: { streamName: 'lines', content: 'objects', region: 'eu-west-1' },
      },
    });
  });

  it.each<[string, unknown, string]>([
    ['of SNS without topics', { sns: { a: {} } }, 'sources.sns.a.topics: must name the topics'],
    [
      'of SNS with something else',
      { sns: { a: { topics: ['mine'] } } },
      "sources.sns.a.topics[0]: must be a topic's ARN",
    ],
    ['a queue that is no URL', { sqs: { queue: 'a' } }, 'sources.sqs.queue: its name must be the URL of a queue'],
    ['a queue for no stream', { sqs: { 'http://h/q': {} } }, 'sources.sqs.http://h/q.stream: is missing'],
    [
      'a queue of something else',
      { sqs: { 'http://h/q': { stream: 'a', content: 'lines' } } },
      'sources.sqs.http://h/q.content: must be one of messages, objects',
    ],
    ['of an unknown kind', { sqz: {} }, 'sources.sqz: there is no such member'],
    [
      'whose key stands in the file',
      { httpDelivery: { clicks: 'hunter2' } },
      'sources.httpDelivery.clicks: must be env:',
    ],
    [
      'of a name that no stream has',
      { httpDelivery: { 'a b': 'env:A' } },
      "sources.httpDelivery.a b: its name must be a stream's",
    ],
  ])('are refused that are %s', (_, sources, message) => {
    expect(() => read(sources)).toThrow(message);
  });
});
