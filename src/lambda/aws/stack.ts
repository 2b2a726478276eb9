import { ConfigError } from '../../core/errors.ts';
import { type Credentials, signed } from '../../host/aws/signature.ts';

export interface StackRequest {
  readonly stack: string;
  readonly region: string;
  /** The URL of what speaks CloudFormation's API; absent for AWS. */
  readonly endpoint?: string;
  readonly credentials: Credentials;
  readonly now: number;
}

/** A stack's own names for its resources, by their names in `serverless.yml`: a table's name, a secret's ARN. */
export async function stackResource(request: StackRequest, LogicalResourceId: string): Promise<string> {
  const { stack, region, endpoint, credentials, now } = request;
  const call = { Action: 'DescribeStackResource', Version: '2010-05-15', StackName: stack, LogicalResourceId };
  const url = new URL(endpoint ?? `https://cloudformation.${region}.amazonaws.com`);
  const body = Buffer.from(new URLSearchParams(call).toString());
  const signature = signed({ method: 'POST', url, body }, credentials, { region, service: 'cloudformation', now });
  const headers = { ...signature, 'content-type': 'application/x-www-form-urlencoded' };
  const response = await fetch(url, { method: 'POST', headers, body });
  const answer = await response.text();
  const name = elementIn(answer, 'PhysicalResourceId');
  if (response.ok && name !== undefined) return name;
  const said = elementIn(answer, 'Message') ?? `CloudFormation answered ${response.status}.`;
  throw new ConfigError('--stack', `${said} The stack ${stack} in ${region} was asked for ${LogicalResourceId}.`);
}

/** Of an answer in XML; neither names nor ARNs hold characters that XML escapes. */
function elementIn(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
}
