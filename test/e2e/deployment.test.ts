import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TABLES } from '../../src/lambda/aws/tables.ts';
import { type Packaged, packaged, type TemplateResource } from './packaged.ts';
import { ROOT } from './readme.ts';

let built: Packaged;
beforeAll(async () => {
  built = await packaged('alarmEmail=ops@example.com');
});

const FUNCTIONS = ['api', 'process', 'deliver', 'sweep'];

const resources = (): readonly (readonly [string, TemplateResource])[] => Object.entries(built.template.Resources);
const ofType = (type: string) => resources().filter(([, { Type }]) => Type === type);

/** Any part of a property, for the assertions to look at. */
function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], value);
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Every statement of a role, those of a condition too. */
function statements(role: TemplateResource): readonly Statement[] {
  const policies = at(role.Properties, 'Policies') as readonly object[]; // each role has some
  return policies.flatMap((policy) => {
    const chosen = 'Fn::If' in policy ? at(policy, 'Fn::If', 1) : policy;
    return at(chosen, 'PolicyDocument', 'Statement') as readonly Statement[]; // each policy has some
  });
}

const actionsOf = ({ Action }: Statement): readonly string[] => [Action].flat();

describe('the packaged template', () => {
  it('gives every function a role of its own', () => {
    const roles = ofType('AWS::Lambda::Function').map(([, { Properties }]) => at(Properties, 'Role', 'Fn::GetAtt', 0));

    expect(roles).toEqual(['ApiRole', 'ProcessRole', 'DeliverRole', 'SweepRole']);
  });

  it('allows no role an action by a pattern, and no resource without a limit, but for network interfaces', () => {
    const all = ofType('AWS::IAM::Role').flatMap(([, role]) => statements(role));
    const unlimited = all.filter(({ Resource }) => JSON.stringify(Resource) === '"*"');

    expect(all.length).toBeGreaterThan(30);
    expect(all.flatMap(actionsOf).filter((action) => action.includes('*'))).toEqual([]);
    expect(unlimited).toHaveLength(FUNCTIONS.length);
    expect(unlimited.flatMap(actionsOf).filter((action) => !action.startsWith('ec2:'))).toEqual([]);
  });

  /** How each kind of resource that keeps something is encrypted; what is not named here keeps nothing. */
  const ENCRYPTED: Readonly<Record<string, (properties: TemplateResource['Properties']) => boolean>> = {
    'AWS::S3::Bucket': (of) => at(of, 'BucketEncryption', 'ServerSideEncryptionConfiguration', 0) !== undefined,
    'AWS::DynamoDB::Table': (of) => at(of, 'SSESpecification', 'SSEEnabled') === true,
    'AWS::SQS::Queue': (of) => at(of, 'SqsManagedSseEnabled') === true,
    'AWS::SNS::Topic': (of) => at(of, 'KmsMasterKeyId', 'Ref') === 'AlarmKey',
  };
  const KEEP_NOTHING = [
    /^AWS::(ApiGateway|Events|IAM|CloudWatch)::/,
    /^AWS::Lambda::(EventInvokeConfig|EventSourceMapping|Permission)$/,
    /^AWS::(S3::BucketPolicy|SQS::QueuePolicy|KMS::Key)$/,
    // Lambda, CloudWatch Logs and Secrets Manager encrypt what they keep with keys of their own.
    /^AWS::(Lambda::Function|Logs::LogGroup|SecretsManager::Secret)$/,
  ];

  it('encrypts all that keeps something', () => {
    const open = resources().filter(
      ([, { Type, Properties }]) =>
        !KEEP_NOTHING.some((pattern) => pattern.test(Type)) && ENCRYPTED[Type]?.(Properties) !== true,
    );

    expect(open.map(([name]) => name)).toEqual([]);
  });

  it('takes no requests to buckets that are not encrypted on their way, and none from everybody', () => {
    const policies = ofType('AWS::S3::BucketPolicy').map(([, { Properties }]) => at(Properties, 'Bucket', 'Ref'));
    const isClosed = (properties: TemplateResource['Properties']): boolean =>
      Object.values(at(properties, 'PublicAccessBlockConfiguration') ?? {}).filter((each) => each === true).length ===
      4;

    for (const [name, { Properties }] of ofType('AWS::S3::Bucket')) {
      expect([name, policies.includes(name), isClosed(Properties)]).toEqual([name, true, true]);
    }
  });

  it('sounds an alarm for each queue of dead letters', () => {
    const letters = ofType('AWS::SQS::Queue').flatMap(([, { Properties }]) => {
      const target = at(Properties, 'RedrivePolicy', 'deadLetterTargetArn', 'Fn::GetAtt', 0);
      return target === undefined ? [] : [target];
    });
    const watched = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) =>
      at(Properties, 'Dimensions', 0, 'Value', 'Fn::GetAtt', 0),
    );

    expect(letters).toHaveLength(2);
    expect(watched).toEqual(expect.arrayContaining(letters));
  });

  it('tells the given address of every alarm', () => {
    const actions = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => at(Properties, 'AlarmActions'));

    expect(actions.length).toBeGreaterThan(0);
    for (const each of actions) expect(at(each, 'Fn::If', 1)).toEqual([{ Ref: 'AlarmTopic' }]);
  });

  it('keeps logs for a while and not for ever', () => {
    const days = ofType('AWS::Logs::LogGroup').map(([, { Properties }]) => at(Properties, 'RetentionInDays'));

    expect(days).toEqual([30, 30, 30, 30]);
  });

  it.each(Object.entries(TABLES))('declares the table of %s as the service knows it', (name, { schema, ...rest }) => {
    const { SSESpecification, PointInTimeRecoverySpecification, Tags, ...declared } =
      built.template.Resources[`${name[0]?.toUpperCase()}${name.slice(1)}Table`]?.Properties ?? {};

    expect(declared).toEqual({ ...schema, ...rest });
  });

  it('keeps what holds records or definitions when the stack is removed, and expires nothing of it', () => {
    const types = ['AWS::DynamoDB::Table', 'AWS::S3::Bucket', 'AWS::SecretsManager::Secret'];
    const kept = types.flatMap((type) => ofType(type)).filter(([name]) => name !== 'ServerlessDeploymentBucket');
    const rules = kept.flatMap(([, { Properties }]) => at(Properties, 'LifecycleConfiguration', 'Rules') ?? []);

    expect(kept.map(([, { DeletionPolicy }]) => DeletionPolicy)).toEqual(kept.map(() => 'Retain'));
    expect(kept).toHaveLength(6);
    for (const rule of rules) {
      expect(Object.keys(rule as object).sort()).toEqual(['AbortIncompleteMultipartUpload', 'Id', 'Status']);
    }
  });

  it('sees a message again only after its function has certainly ended, and hands each over alone', () => {
    const longest = Math.max(...ofType('AWS::Lambda::Function').map(([, of]) => Number(of.Properties.Timeout)));
    const queues = ofType('AWS::SQS::Queue').filter(([, of]) => of.Properties.RedrivePolicy !== undefined);
    const mappings = ofType('AWS::Lambda::EventSourceMapping').map(([, { Properties }]) => Properties);

    expect(queues.map(([, of]) => Number(of.Properties.VisibilityTimeout) > longest)).toEqual([true, true]);
    for (const each of mappings) {
      expect(each).toMatchObject({ BatchSize: 1, FunctionResponseTypes: ['ReportBatchItemFailures'] });
    }
  });

  it('says where the API is, and how to call it', () => {
    const { Endpoint, Try } = built.template.Outputs;

    expect(JSON.stringify(Endpoint)).toContain('ApiGatewayRestApi');
    expect(JSON.stringify(Try)).toContain('aws firehose list-delivery-streams');
  });
});

describe('the packages', () => {
  it('are small, and hold no source maps', () => {
    expect([...built.sizes.keys()].sort()).toEqual([...FUNCTIONS].sort());
    for (const name of FUNCTIONS) {
      const files = readdirSync(join(ROOT, '.lambda', name));

      expect(files).toContain('index.js');
      expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
      expect(built.sizes.get(name)).toBeLessThan(1_500_000);
    }
  });

  it('have what runs on a thread beside what starts it', () => {
    expect(readdirSync(join(ROOT, '.lambda', 'process'))).toContain('jq-thread.js');
  });
});

describe('the front', () => {
  it.each([
    ['http', 'HttpApi'],
    ['url', 'ApiLambdaFunctionUrl'],
  ])('may be %s instead', async (front, logicalId) => {
    const { template } = await packaged(`front=${front}`);

    expect(Object.keys(template.Resources)).toContain(logicalId);
    expect(Object.keys(template.Resources)).not.toContain('ApiGatewayRestApi');
    expect(JSON.stringify(template.Outputs.Endpoint)).toContain(logicalId);
  });

  it('that is not known is refused', async () => {
    await expect(packaged('front=rset')).rejects.toThrow('rset');
  });
});
