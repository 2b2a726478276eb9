export interface FunctionName {
  readonly name: string;
  /** A version or an alias, when the ARN names one. */
  readonly qualifier?: string;
  readonly region: string;
}

/** What a function's ARN says: `arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]`. */
export function functionNameIn(arn: string): FunctionName {
  const [, , , region = '', , , name = '', qualifier] = arn.split(':');
  return qualifier === undefined ? { name, region } : { name, qualifier, region };
}
