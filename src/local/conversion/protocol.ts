import type { MessagePort } from 'node:worker_threads';
import type { ConversionFailure, TableSchema } from '../../formats/conversion/converter.ts';
import type { InputFormat, OutputFormat } from '../../formats/conversion/format-options.ts';

/** What a thread is given to begin with a conversion. */
export interface ConversionTask {
  readonly schema: TableSchema;
  readonly input: InputFormat;
  readonly output: OutputFormat;
  /**
   * The conversion's own: packets come in, and of each an answer goes out before the next one comes. Whoever closes it
   * ends the conversion.
   */
  readonly port: MessagePort;
}

/** Records that follow each other; `end` when there are no more. Their memory goes to the thread. */
export type Packet = PackedRecords | 'end';

export interface PackedRecords {
  readonly place: number;
  /** Begins with the records' bytes. Comes back with the answer, for the next packet. */
  readonly memory: ArrayBuffer;
  readonly bytes: number;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** What came of a packet, or why the conversion failed and is over. */
export type Answer = Converted | FailedConversion;

export interface Converted {
  readonly type: 'converted';
  /** The file's next bytes. Their memory goes to the asker. */
  readonly pieces: readonly Uint8Array[];
  readonly failures: readonly ConversionFailure[];
  /** The packet's. */
  readonly memory?: ArrayBuffer;
}

/** An error as it can be handed from thread to thread; with the members of a `DeliveryError` where it was one. */
export interface FailedConversion {
  readonly type: 'failed';
  readonly message: string;
  readonly delivery?: { readonly code: string; readonly retryable: boolean; readonly refused: boolean };
}
