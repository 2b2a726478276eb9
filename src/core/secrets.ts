import type { JsonObject } from './json.ts';

/**
 * A secret as AWS Secrets Manager holds it, a JSON object, by its ARN. Asked for before each attempt, so that a rotated
 * secret is used from then on. Throws a `DeliveryError` that is worth another try when there is none.
 */
export type Secrets = (arn: string) => Promise<JsonObject>;
