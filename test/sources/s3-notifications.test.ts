import { describe, expect, it } from 'vitest';
import { createdObjects } from '../../src/sources/s3-notifications.ts';
import { documented } from './events.ts';

const PUT = documented('s3');
const object = {
  bucket: 'DOC-EXAMPLE-BUCKET',
  key: 'b21b84d653bb07b05b1e6b33684dc11b',
  eTag: 'b21b84d653bb07b05b1e6b33684dc11b',
  sequencer: '0C0F6F405D6ED209E1',
};

/** The documented notification with something else in its text. */
const changed = (from: string, to: string) => JSON.parse(JSON.stringify(PUT).replace(from, to));

describe('a notification of S3', () => {
  it('names the objects that were created, as an object or as its JSON', () => {
    expect(createdObjects(PUT)).toEqual([object]);
    expect(createdObjects(JSON.stringify(PUT))).toEqual([object]);
  });

  it('comes through a topic', () => {
    expect(createdObjects({ ...documented('sns-http'), Message: JSON.stringify(PUT) })).toEqual([object]);
  });

  it('comes through EventBridge, with a key as it is', () => {
    const event = documented('eventbridge-s3');
    const plain = {
      bucket: 'amzn-s3-demo-bucket1',
      key: 'example-key',
      versionId: 'IYV3p45BT0ac8hjHg1houSdS1a.Mro8e',
      eTag: 'b1946ac92492d2347c6235b4d2611184',
      sequencer: '617f08299329d189',
    };

    expect(createdObjects(event)).toEqual([plain]);
    const odd = JSON.parse(JSON.stringify(event).replace('example-key', 'a+b%20c'));
    expect(createdObjects(odd)).toEqual([{ ...plain, key: 'a+b%20c' }]);
  });

  it.each([
    ['red+flower.jpg', 'red flower.jpg'],
    ['a%2Bb', 'a+b'],
    ['%E2%82%AC', '€'],
    ['year%3D2026/x', 'year=2026/x'],
  ])('has the key %s for %s', (encoded, key) => {
    expect(createdObjects(changed(object.key, encoded))).toMatchObject([{ key }]);
  });

  it.each(['minio:s3', 'ceph:s3'])('may be that of another store, %s', (source) => {
    const renamed = changed('aws:s3', source);
    renamed.Records[0].eventName = 's3:ObjectCreated:Put';

    expect(createdObjects(renamed)).toEqual([object]);
  });

  it('that something else has happened names none', () => {
    expect(createdObjects(changed('ObjectCreated:Put', 'ObjectRemoved:Delete'))).toEqual([]);
    expect(createdObjects(documented('s3-test'))).toEqual([]);
    expect(createdObjects({ ...documented('eventbridge-s3'), 'detail-type': 'Object Deleted' })).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['text', 'hello'],
    ['a text in a text', JSON.stringify(JSON.stringify(PUT))],
    ['nothing', undefined],
    ['records of something else', documented('sqs')],
    ['records without a bucket', changed('"name":"DOC-EXAMPLE-BUCKET",', '')],
    ['a key that is not encoded right', changed(object.key, '%E0%A4%A')],
    ['a key that is no text', changed(`"key":"${object.key}"`, '"key":7')],
  ])('is not what has %s', (_, notification) => {
    expect(() => createdObjects(notification)).toThrow(/notification of S3/);
  });
});
