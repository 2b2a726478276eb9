/**
 * A transformer in its plain form, the default export of a module:
 *
 *     export default (record) => ({ ...record.json, seen: true });
 *
 * Called for each record, in their order. Where it returns a promise, up to 64 records of a batch are worked on at
 * once; what comes out keeps the order all the same. What it throws fails that record alone, which goes to the error
 * output with the error's message.
 */
export type Transformer = (record: TransformerRecord) => TransformerResult | Promise<TransformerResult>;

export interface TransformerRecord {
  readonly data: Buffer;
  /** The data as UTF-8. */
  readonly text: string;
  /** The data as JSON, parsed once; reading it throws when it is no JSON, which fails the record. */
  readonly json: unknown;
  readonly arrivedAt: Date;
  readonly streamName: string;
  /** An output with keys for dynamic partitioning: `return record.partitioned(record.json, { customer: 'c1' })`. */
  partitioned(output: Output, partitionKeys: Readonly<Record<string, string | number | boolean>>): PartitionedOutput;
}

/**
 * What becomes of the record: one output, several, or none (`null`, or an empty list), which drops it. `undefined` is
 * an error, since it is what a forgotten `return` gives.
 */
export type TransformerResult = AnyOutput | null | readonly AnyOutput[];

export type AnyOutput = Output | PartitionedOutput;

/** A text or bytes are taken as they are. Any other object is written as a line of JSON, with a line feed. */
export type Output = string | Uint8Array | object;

/** Made by `record.partitioned` and by nothing else, so that no record that people send can be mistaken for it. */
export interface PartitionedOutput {
  readonly [partitionedOutput]: true;
}

declare const partitionedOutput: unique symbol;
