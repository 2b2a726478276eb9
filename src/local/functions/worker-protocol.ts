/** How a worker is started. */
export interface WorkerStart {
  readonly url: string;
  /** In every message of ours, so that messages of the user's code are not taken for them. */
  readonly key: string;
  readonly limits: WorkerLimits;
}

export interface WorkerLimits {
  /** Of console output, in one call. */
  readonly logLines: number;
  readonly lineCharacters: number;
  /** Of all outputs of one call, in the plain form. */
  readonly outputBytes: number;
  readonly outputs: number;
  readonly messageCharacters: number;
  /** Records for which a promise may be open at once. */
  readonly recordsAtOnce: number;
}

export type FunctionForm = 'handler' | 'plain';
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A call of a Lambda handler with an event's JSON, or of a plain transformer with records, packed. */
export type WorkerCall =
  | {
      readonly type: 'invoke';
      readonly event: Uint8Array<ArrayBuffer>;
      readonly functionArn: string;
      readonly functionName: string;
      readonly memoryMb: number;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'transform';
      readonly streamName: string;
      readonly arrivedAt: Float64Array<ArrayBuffer>;
      readonly lengths: Uint32Array<ArrayBuffer>;
      readonly data: Uint8Array<ArrayBuffer>;
    };

/**
 * Outputs, packed: their bytes back to back, the length of each, and how many each record has; -1 for one that failed.
 */
export interface PackedOutputs {
  readonly counts: Int32Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly data: Uint8Array<ArrayBuffer>;
  /** The message of each record that failed, in order. */
  readonly failures: readonly string[];
  /** Partition keys by the output's place. */
  readonly keys: ReadonlyMap<number, Readonly<Record<string, string>>>;
}

export type WorkerAnswer =
  | { readonly type: 'answered'; readonly response: Uint8Array }
  | { readonly type: 'transformed'; readonly outputs: PackedOutputs }
  | { readonly type: 'too-large' }
  | { readonly type: 'failed'; readonly message: string; readonly detail: string };

export type WorkerMessage =
  | { readonly type: 'loaded'; readonly form: FunctionForm }
  | { readonly type: 'unloadable'; readonly message: string }
  | { readonly type: 'log'; readonly level: LogLevel; readonly text: string }
  /** `bufferBytes`: what the worker holds outside its heap, where no limit of Node's reaches. */
  | { readonly type: 'done'; readonly answer: WorkerAnswer; readonly bufferBytes: number };

export interface WorkerEnvelope {
  readonly key: string;
  readonly message: WorkerMessage;
}

export type Post = (message: WorkerMessage, transfer?: readonly ArrayBuffer[]) => void;

/** What to post, and the memory that goes along without being copied. */
export interface Answered {
  readonly answer: WorkerAnswer;
  readonly transfer?: readonly ArrayBuffer[];
}
