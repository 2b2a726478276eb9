/** Hydrant within a program of your own: the service without the command line. */

export {
  type CustomDestination,
  type CustomOutcome,
  type CustomRecord,
  type CustomRefusal,
  type CustomSlice,
  defineDestination,
} from '../destinations/custom.ts';
export type { AccessKey } from './api/authentication/keys.ts';
export type { ApiRequest, ApiResponse, Caller, Gate } from './api/context.ts';
export type { Delivered, Destination, Slice, SliceLimits, SliceToPlan } from './core/destination.ts';
export { ApiError, ConfigError, DeliveryError } from './core/errors.ts';
export type { RefusedRecord } from './core/refusals.ts';
export type {
  AnyOutput,
  Output,
  PartitionedOutput,
  Transformer,
  TransformerRecord,
  TransformerResult,
} from './local/functions/transformer.ts';
export { createHydrant, type Hydrant } from './local/hydrant.ts';
export type { HydrantConfig } from './local/hydrant-config.ts';
export type { HydrantOptions } from './local/hydrant-options.ts';
export { type HttpServer, type ServeOptions, serve } from './local/server.ts';
