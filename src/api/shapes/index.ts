export { decodeBase64, serializationError } from './deserialize.ts';
export * from './shape.ts';
export { validate } from './validate.ts';
