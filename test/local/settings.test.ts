import { describe, expect, it } from 'vitest';
import { settingsIn, settled } from '../../src/local/settings.ts';

const FILE = '/etc/hydrant/hydrant.config.json';
const KMS_KEY = 'arn:aws:kms:eu-west-1:000000000000:key/lake';
const CLUSTER = 'arn:aws:kafka:eu-central-1:123456789012:cluster/orders/1';
const read = (config: unknown) => settingsIn(config, FILE);

describe('a setting that cannot be used is named, with what it must be', () => {
  it.each<[string, unknown, string, string]>([
    ['a wrong name', { prot: 1 }, 'prot', "prot: there is no such member. Did you mean 'port'?"],
    ['a name in other case', { Port: 1 }, 'Port', "Port: there is no such member. Did you mean 'port'?"],
    ['a name like no other', { colour: 1 }, 'colour', 'colour: there is no such member.'],
    [
      'a wrong inner name',
      { s3: { endpiont: 'x' } },
      's3.endpiont',
      "s3.endpiont: there is no such member. Did you mean 'endpoint'?",
    ],
    ['a number as text', { port: '4573' }, 'port', 'port: must be a whole number from 0 to 65535; it is "4573".'],
    ['a number out of range', { port: 70_000 }, 'port', 'port: must be a whole number from 0 to 65535; it is 70000.'],
    [
      'a wrong choice',
      { fsync: 'allways' },
      'fsync',
      `fsync: must be one of always, interval; it is "allways". Did you mean 'always'?`,
    ],
    [
      'a wrong size',
      { bufferBudget: '10 gallons' },
      'bufferBudget',
      'bufferBudget: must be a size such as 10GiB, 500MB or a number of bytes; it is "10 gallons".',
    ],
    [
      'too small a size',
      { bufferBudget: '1KiB' },
      'bufferBudget',
      'bufferBudget: must be at least 67108864; it is 1024.',
    ],
    ['too long a time', { transition: '2h' }, 'transition', 'transition: must be at most 3600000; it is 7200000.'],
    ['a wrong account', { accountId: '12' }, 'accountId', 'accountId: must be twelve digits; it is "12".'],
    ['a switch as text', { insecure: 'yes' }, 'insecure', 'insecure: must be true or false; it is "yes".'],
    ['streams that are no list', { streams: {} }, 'streams', 'streams: must be a list; it is an object.'],
    [
      'a stream that is no object',
      { streams: [{}, 'orders'] },
      'streams[1]',
      'streams[1]: must be an object, the input of CreateDeliveryStream.',
    ],
    [
      'a store whose port is none',
      { s3: { endpoint: 'http://127.0.0.1:99999' } },
      's3.endpoint',
      's3.endpoint: must be the URL of a store that speaks S3, such as http://127.0.0.1:9000; it is "http://127.0.0.1:99999".',
    ],
    [
      'a secret that stands in the file',
      { secrets: { 'arn:aws:secretsmanager:us-east-1:000000000000:secret:s': 'hunter2' } },
      'secrets.arn:aws:secretsmanager:us-east-1:000000000000:secret:s',
      'secrets.arn:aws:secretsmanager:us-east-1:000000000000:secret:s: must be env: and the name of a variable, or file: and a path.',
    ],
    [
      'a destination of a scheme that is taken',
      { destinations: { https: './mine.mjs' } },
      'destinations.https',
      'destinations.https: its name must be a scheme of its own: lower case letters, digits, + and -.',
    ],
    [
      'a key under the name of no KMS key',
      { encryptionKeys: { lake: { file: 'lake.key' } } },
      'encryptionKeys.lake',
      "encryptionKeys.lake: its name must be a KMS key's ARN, as streams name it.",
    ],
    [
      'a key that is held nowhere',
      { encryptionKeys: { [KMS_KEY]: {} } },
      `encryptionKeys.${KMS_KEY}`,
      `encryptionKeys.${KMS_KEY}: must have one of two members: file, the path of a key of 256 bits, or kms.`,
    ],
    [
      'a key that is held twice',
      { encryptionKeys: { [KMS_KEY]: { file: 'lake.key', kms: true } } },
      `encryptionKeys.${KMS_KEY}`,
      `encryptionKeys.${KMS_KEY}: must have one of two members: file, the path of a key of 256 bits, or kms.`,
    ],
    [
      'a KMS that is switched off',
      { encryptionKeys: { [KMS_KEY]: { kms: false } } },
      `encryptionKeys.${KMS_KEY}.kms`,
      `encryptionKeys.${KMS_KEY}.kms: must be an object; it is false.`,
    ],
    ['no object at all', ['port'], FILE, `${FILE}: must hold an object, the configuration.`],
  ])('%s', (_, config, field, message) => {
    expect(() => read(config)).toThrow(expect.objectContaining({ name: 'ConfigError', field, message }));
  });
});

describe('settings', () => {
  it('have defaults', () => {
    expect(settled('/home/me', {}, {})).toEqual({
      port: 4573,
      host: '127.0.0.1',
      dataFolder: '/home/me/data',
      fsync: 'always',
      accountId: '000000000000',
      region: 'us-east-1',
      transitionMs: 0,
      strictDestinations: false,
      plainHttp: false,
      deliveries: {},
      stdout: false,
      secrets: {},
      destinationFiles: {},
      opensearch: {},
      encryptionKeys: {},
      functions: {},
      tables: {},
      keys: [],
      logLevel: 'info',
      insecure: false,
      sources: {},
      kafka: {},
      streams: [],
    });
  });

  it('name key files relative to the file, and leave KMS alone', () => {
    const [other, third] = [`${KMS_KEY}2`, `${KMS_KEY}3`];
    const kms = { endpoint: 'http://127.0.0.1:5000' };
    const encryptionKeys = { [KMS_KEY]: { file: './lake.key' }, [other]: { kms: true }, [third]: { kms } };

    expect(settled('/home/me', {}, read({ encryptionKeys })).encryptionKeys).toEqual({
      [KMS_KEY]: { file: '/etc/hydrant/lake.key' },
      [other]: { kms: {} },
      [third]: { kms },
    });
  });

  it('name the modules of functions relative to the file', () => {
    const functions = {
      redact: './redact.mjs',
      enrich: { module: '/opt/enrich.mjs', timeout: '30s', memory: '512MiB', concurrency: 2 },
    };

    expect(
      settled('/home/me', {}, settingsIn({ functions, lambda: true }, '/etc/hydrant/hydrant.config.js')),
    ).toMatchObject({
      functions: {
        redact: { file: '/etc/hydrant/redact.mjs' },
        enrich: { file: '/opt/enrich.mjs', timeoutMs: 30_000, memoryMb: 512, concurrency: 2 },
      },
      lambda: {},
    });
  });

  it.each<[string, object, string]>([
    ['a name that no function has', { functions: { 'a b': './x.mjs' } }, 'functions.a b: its name must be'],
    ['no module', { functions: { f: {} } }, 'functions.f.module: is missing'],
    [
      'a member that is misspelled',
      { functions: { f: { modul: 'x' } } },
      "functions.f.modul: there is no such member. Did you mean 'module'?",
    ],
    [
      'too long a time',
      { functions: { f: { module: 'x', timeout: '6m' } } },
      'functions.f.timeout: must be at most 300000',
    ],
    ['an endpoint that is no URL', { lambda: { endpoint: 'here' } }, 'lambda.endpoint: must be the URL'],
    ['a Glue that is no URL', { glue: { endpoint: 'here' } }, 'glue.endpoint: must be the URL'],
    ['a Secrets Manager that is no URL', { secretsManager: { endpoint: 'here' } }, 'secretsManager.endpoint: must be'],
    ['a Kafka cluster without brokers', { kafka: { [CLUSTER]: {} } }, `kafka.${CLUSTER}.bootstrapBrokers: is missing`],
    [
      'a broker without a port',
      { kafka: { [CLUSTER]: { bootstrapBrokers: 'b-1:9092,b-2' } } },
      `kafka.${CLUSTER}.bootstrapBrokers[1]: must be a host and a port`,
    ],
    [
      'a login to Kafka without a password',
      { kafka: { [CLUSTER]: { bootstrapBrokers: 'b:1', sasl: { username: 'u' } } } },
      `kafka.${CLUSTER}.sasl: must have a username and a password.`,
    ],
    [
      'a certificate without its key',
      { kafka: { [CLUSTER]: { bootstrapBrokers: 'b:1', tls: { cert: 'c.pem' } } } },
      `kafka.${CLUSTER}.tls: must have both a cert and its key`,
    ],
    ['a Kinesis that is no URL', { kinesis: { endpoint: 'here' } }, 'kinesis.endpoint: must be the URL'],
  ])('refuse a function with %s', (_, config, message) => {
    expect(() => settingsIn(config, '/hydrant.config.js')).toThrow(message);
  });

  it.each([
    [true, {}],
    [{ endpoint: 'http://127.0.0.1:5000' }, { endpoint: 'http://127.0.0.1:5000' }],
    [false, undefined],
  ])('name a Glue, and a Secrets Manager: %j', (given, settings) => {
    expect(settled('/', {}, read({ glue: given })).glue).toEqual(settings);
    expect(settled('/', {}, read({ secretsManager: given })).secretsManager).toEqual(settings);
  });

  it('hold the folders that files may be written to, as they are from the file, and when the next is begun', () => {
    const files = { folders: ['./out', '/srv/events'], rotateSize: '1MiB', rotateInterval: '5m' };

    expect(read({ files }).files).toEqual({
      folders: ['/etc/hydrant/out', '/srv/events'],
      rotateBytes: 1024 * 1024,
      rotateMs: 300_000,
    });
    expect(read({ files: { folders: ['./out'] } }).files).toMatchObject({
      rotateBytes: 128 * 1024 * 1024,
      rotateMs: 3_600_000,
    });
    expect(() => read({ files: {} })).toThrow('files.folders: must name a folder that files may be written to.');
  });

  it('say how many deliveries run at once', () => {
    expect(settled('/', {}, read({ deliveries: { atOnce: 40, perStream: 10 } })).deliveries).toEqual({
      ...{ total: 40, perStream: 10 },
    });
    expect(settled('/', {}, read({ deliveries: { perStream: 10 } })).deliveries).toEqual({ perStream: 10 });
    expect(() => read({ deliveries: { perStream: 0 } })).toThrow('deliveries.perStream: must be a whole number');
  });

  it('hold the schemas of tables', () => {
    const schemas = { 'shop.orders': { columns: [{ name: 'id', type: 'bigint' }] } };

    expect(settled('/', {}, read({ schemas })).tables).toEqual(schemas);
  });

  it.each<[string, object, string]>([
    ['under half a name', { orders: { columns: [] } }, "schemas.orders: its name must be a database's and a table's"],
    ['without columns', { 'a.b': {} }, 'schemas.a.b.columns: a table to convert to needs at least one column'],
    [
      'with half a column',
      { 'a.b': { columns: [{ name: 'id' }] } },
      'schemas.a.b.columns[0]: must have a name and a type.',
    ],
    ['of no type', { 'a.b': { columns: [{ name: 'id', type: 'int4' }] } }, 'schemas.a.b.columns[0].type: '],
  ])('refuse a schema %s', (_, schemas, message) => {
    expect(() => read({ schemas })).toThrow(message);
  });

  it('of the command line win over those of the file', () => {
    const settings = settled('/', { port: 1 }, read({ port: 2, host: '::1' }));

    expect(settings).toMatchObject({ port: 1, host: '::1' });
  });

  it('put objects to S3 itself, in the own region, when s3 is true', () => {
    expect(settled('/', {}, read({ s3: true, region: 'eu-west-1' })).s3).toEqual({ region: 'eu-west-1' });
    expect(settled('/', {}, read({ s3: false })).s3).toBeUndefined();
  });

  it('of a store come from both places, member by member', () => {
    const file = read({ s3: { endpoint: 'http://127.0.0.1:9000', pathStyle: false } });

    expect(settled('/', { s3: { region: 'eu-west-1' } }, file).s3).toEqual({
      endpoint: 'http://127.0.0.1:9000',
      region: 'eu-west-1',
      forcePathStyle: false,
    });
  });
});

describe('a Kafka cluster', () => {
  const cluster = (config: object) => read({ kafka: { [CLUSTER]: config } }).kafka?.[CLUSTER];

  it('is spoken to in TLS, unless all of it is on this machine or the file says otherwise', () => {
    const tlsOf = (config: object) => cluster(config)?.tlsFiles;

    expect(tlsOf({ bootstrapBrokers: 'b-1.example.com:9094,127.0.0.1:9094' })).toEqual({});
    expect(tlsOf({ bootstrapBrokers: ['127.0.0.1:9092', 'localhost:9092', '[::1]:9092'] })).toBeUndefined();
    expect(tlsOf({ bootstrapBrokers: 'b-1.example.com:9092', tls: false })).toBeUndefined();
    expect(tlsOf({ bootstrapBrokers: 'localhost:9093', tls: { ca: 'ca.pem' } })).toEqual({ ca: '/etc/hydrant/ca.pem' });
  });

  it('has its login from where the file says, SCRAM-SHA-512 by default, and for IAM the region of its ARN', () => {
    const saslOf = (sasl: object) => cluster({ bootstrapBrokers: 'b:1', sasl })?.sasl;

    expect(saslOf({ username: 'u', password: 'file:pw' })).toEqual({
      mechanism: 'SCRAM-SHA-512',
      username: 'u',
      password: { file: '/etc/hydrant/pw' },
    });
    expect(saslOf({ mechanism: 'AWS_MSK_IAM' })).toEqual({ mechanism: 'AWS_MSK_IAM', region: 'eu-central-1' });
  });
});
