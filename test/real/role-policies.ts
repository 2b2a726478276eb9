import type { Packaged } from '../e2e/packaged.ts';

/** An action that a role may do, on what. */
export interface Allowed {
  readonly role: string;
  readonly action: string;
  /** Patterns of ARNs without partition, region and account, as `RecordedCall` has them. */
  readonly resources: readonly string[];
}

type Template = Packaged['template'];

/** What stands for parameters and for resources of the template, by their names there. */
export type Names = Readonly<Record<string, string | readonly string[]>>;

/** Every action that the template's roles allow, where conditions hold that are named. */
export function allowedActions(template: Template, names: Names, conditions: readonly string[]): readonly Allowed[] {
  const roles = Object.entries(template.Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role');
  return roles.flatMap(([role, { Properties }]) => {
    // As the test of the template says.
    const policies = resolved(Properties.Policies, { names, conditions }) as readonly Policy[];
    return policies
      .filter(isThere)
      .flatMap(({ PolicyDocument }) =>
        PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
          [Action].flat().map((action) => ({ role, action, resources: [Resource].flat() })),
        ),
      );
  });
}

/** Whether IAM would let the call through. */
export function allows({ action, resources }: Allowed, call: { readonly action: string; readonly resource: string }) {
  return (
    action === call.action &&
    resources.some((pattern) => call.resource === '*' || patternOf(pattern).test(call.resource))
  );
}

interface Policy {
  readonly PolicyDocument: {
    readonly Statement: readonly {
      readonly Action: string | readonly string[];
      readonly Resource: string | readonly string[];
    }[];
  };
}

const isThere = (policy: Policy | undefined): policy is Policy => policy !== undefined;

function patternOf(resource: string): RegExp {
  const escaped = resource.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}

interface Context {
  readonly names: Names;
  readonly conditions: readonly string[];
}

/** A value of the template with its functions carried out. What it does not know it leaves as it is. */
function resolved(value: unknown, context: Context): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, context));
  if (typeof value !== 'object' || value === null) return value;
  const [[name, given] = ['', undefined]] = Object.entries(value);
  const nameOf = (each: unknown) =>
    each === 'AWS::NoValue' ? undefined : (context.names[String(each)] ?? String(each));
  switch (name) {
    case 'Ref':
      return nameOf(given);
    case 'Fn::GetAtt':
      return nameOf((given as readonly unknown[])[0]);
    case 'Fn::If': {
      const [condition, yes, no] = given as readonly [string, unknown, unknown];
      return resolved(context.conditions.includes(condition) ? yes : no, context);
    }
    case 'Fn::Sub':
      return substituted(given, context);
    case 'Fn::Join': {
      const [between, parts] = resolved(given, context) as readonly [string, readonly string[]];
      return parts.join(between);
    }
    case 'Fn::Split': {
      const [at, text] = resolved(given, context) as readonly [string, string];
      return text.split(at);
    }
    default:
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, context)]));
  }
}

/** Of an ARN only what follows the account: names are told apart by it. */
function substituted(given: unknown, context: Context): string {
  const [text, own]: readonly unknown[] = Array.isArray(given) ? given : [given];
  const known = { ...context.names, ...(resolved(own ?? {}, context) as Names) }; // as Fn::Sub has them
  const bare = String(text).replace(
    /arn:\$\{AWS::Partition\}:\w+:\$\{AWS::Region\}:\$\{AWS::AccountId\}:(function:|secret:)?/,
    '',
  );
  return bare.replace(/\$\{(\w+)(?:\.Arn)?\}/g, (_, name: string) => String(known[name] ?? name));
}
