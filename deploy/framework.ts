/** What we use of the Serverless Framework's object, which is handed to plugins. */
export interface Serverless {
  readonly serviceDir: string;
  readonly service: {
    readonly provider: { readonly region: string; readonly architecture: string };
    readonly custom: Readonly<Record<string, Settings | undefined>>;
    readonly functions: Readonly<Record<string, ServerlessFunction>>;
    readonly resources: { readonly Resources: Resources };
  };
  readonly processedInput: { readonly options: Settings };
}

export type Settings = Readonly<Record<string, unknown>>;

export interface ServerlessFunction {
  readonly name: string;
  environment?: Readonly<Record<string, string>>;
  readonly events?: readonly { readonly sqs?: QueueEvent }[];
}

export interface QueueEvent {
  readonly arn: { readonly 'Fn::GetAtt': readonly [logicalId: string, attribute: string] };
  readonly batchSize: number;
}

/** Of the template, by their logical ids. */
export type Resources = Readonly<Record<string, { readonly Type: string; readonly Properties?: Settings }>>;
