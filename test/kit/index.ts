/**
 * What every buffer, object store and destination must do, as vitest suites: `describeBuffer({ name, open })` in a test
 * file of yours is the whole test. Needs vitest, which Hydrant itself does not install.
 */
export { type BufferUnderTest, describeBuffer, describeLocalBuffer } from './buffer.ts';
export {
  type DestinationUnderTest,
  describeDestination,
  ownDestination,
  SECRET,
} from './destination.ts';
export type { FarAnswer, FarRequest } from './far-side.ts';
export { memoryBuffer } from './memory-buffer.ts';
export { describeObjects, type ObjectsUnderTest, type OpenObjects } from './objects.ts';
