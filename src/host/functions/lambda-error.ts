import { DeliveryError } from '../../core/errors.ts';
import { tooLarge } from '../../processors/lambda/halves.ts';
import { membersOf, TEXT_MOST, textOf } from '../aws/answer.ts';

/** Firehose's code for each of Lambda's exceptions, and its words where the guide gives them. */
const FIREHOSE_ERRORS: Readonly<Record<string, readonly [code: string, message: string]>> = {
  AccessDeniedException: [
    'InvokeAccessDenied',
    'Access was denied. Ensure that the access policy allows access to the Lambda function.',
  ],
  ENILimitReachedException: [
    'ENILimitReachedException',
    'AWS Lambda was not able to create an Elastic Network Interface (ENI) in the VPC, specified as part of the Lambda ' +
      'function configuration, because the limit for network interfaces has been reached. ' +
      'Increase the network interface limit.',
  ],
  ExpiredTokenException: ['InvalidSecurityToken', 'The security token has expired.'],
  InvalidSecurityGroupIDException: [
    'InvalidSecurityGroupIDException',
    'The specified security group ID in the Lambda function VPC configuration is invalid. ' +
      'Ensure that the security group ID is valid.',
  ],
  InvalidSignatureException: ['InvalidSecurityToken', 'The signature of the request was not accepted.'],
  InvalidSubnetIDException: [
    'InvalidSubnetIDException',
    'The specified subnet ID in the Lambda function VPC configuration is invalid. Ensure that the subnet ID is valid.',
  ],
  InvalidZipFileException: ['InvalidZipFileException', 'Lambda could not unzip the deployment package.'],
  ResourceNotFoundException: [
    'ResourceNotFound',
    'The specified Lambda function does not exist. Use a different function that does exist.',
  ],
  ServiceException: ['InternalServerError', 'The Lambda service encountered an internal error.'],
  SubnetIPAddressLimitReachedException: [
    'SubnetIPAddressLimitReachedException',
    'AWS Lambda was not able to set up the VPC access for the Lambda function because one or more configured subnets ' +
      'have no available IP addresses. Increase the IP address limit.',
  ],
  TooManyRequestsException: [
    'InvokeLimitExceeded',
    'The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit.',
  ],
  UnrecognizedClientException: ['InvalidSecurityToken', 'The security token of the request is invalid.'],
};

const EXCEPTION_OF_STATUS: Readonly<Record<number, string>> = {
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  429: 'TooManyRequestsException',
  500: 'ServiceException',
};

export interface RefusedInvocation {
  readonly functionArn: string;
  readonly status: number;
  /** The header `x-amzn-errortype`, if there was one. */
  readonly type: string | undefined;
  readonly body: string;
}

/**
 * What Lambda's API answered when it did not run the function. All of it is worth another try, since somebody may put
 * the function, its policy or the credentials right; the caller has a limit for tries.
 */
export function refusedInvocation({ functionArn, status, type, body }: RefusedInvocation): DeliveryError {
  if (status === 413) return tooLarge('request');
  const { Message, message = Message, __type } = membersOf(body);
  // Types come as `Name`, `Name:http://…` or `prefix#Name`.
  const named = (type ?? textOf(__type)).split(':')[0]?.split('#').at(-1) ?? '';
  const exception = Object.hasOwn(FIREHOSE_ERRORS, named) ? named : (EXCEPTION_OF_STATUS[status] ?? named);
  const known = Object.hasOwn(FIREHOSE_ERRORS, exception) ? FIREHOSE_ERRORS[exception] : undefined;
  const [code, words] = known ?? [status === 503 ? 'ServiceUnavailable' : 'InvocationFailure', ''];
  const said = textOf(message);
  const answer = `Lambda answered ${status} ${named || exception} for ${functionArn}${said && `: ${said}`}`;
  return new DeliveryError(words || answer, { code: `Lambda.${code}`, retryable: true, cause: new Error(answer) });
}

/** The function ran and failed; the body says how. */
export function failedFunction(body: string): { readonly error: DeliveryError; readonly detail: string } {
  const { errorType, errorMessage } = membersOf(body);
  const type = textOf(errorType);
  const detail = [type, textOf(errorMessage)].filter((part) => part !== '').join(': ');
  const error = type === 'Function.ResponseSizeTooLarge' ? tooLarge('response') : functionError(detail);
  return { error, detail };
}

/** No answer came; `code` is the system's or Node's. */
export function unreachable(functionArn: string, error: Error & { readonly code?: unknown }): DeliveryError {
  const code = typeof error.code === 'string' ? error.code : error.name;
  const message = `Lambda's endpoint did not answer for ${functionArn} (${code}): ${error.message.slice(0, TEXT_MOST)}`;
  return new DeliveryError(message, { code: 'Lambda.TargetServerFailedToRespond', retryable: true });
}

/** Not an answer within Firehose's five minutes. */
export function timedOut(functionArn: string): DeliveryError {
  const message = `The Lambda function timed out: ${functionArn} did not answer within 5 minutes.`;
  return new DeliveryError(message, { code: 'Lambda.FunctionTimedOut', retryable: true });
}

/** AWS's words. What the function's error was stands in the log, as on AWS, and in the cause. */
export function functionError(reason: string): DeliveryError {
  const message = 'The Lambda function was successfully invoked but it returned an error result.';
  return new DeliveryError(message, { code: 'Lambda.FunctionError', retryable: true, cause: new Error(reason) });
}
