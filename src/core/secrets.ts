import type { JsonObject } from './json.ts';

export interface Secrets {
  /**
   * A secret as AWS Secrets Manager holds it, a JSON object, by its ARN. Asked for before each attempt, so that a
   * rotated secret is used from then on. Throws a `DeliveryError` that is worth another try when there is none.
   */
  (arn: string): Promise<JsonObject>;
  /** The far side would not have what the secret says: where it is kept for a while, it is asked for anew. */
  refused?(arn: string): void;
}
