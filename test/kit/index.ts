/**
 * What every buffer and every object store must do, as vitest suites: `describeBuffer({ name, open })` in a test file
 * of yours is the whole test. Needs vitest, which Hydrant itself does not install.
 */
export { type BufferUnderTest, describeBuffer, describeLocalBuffer } from './buffer.ts';
export { memoryBuffer } from './memory-buffer.ts';
export { describeObjects, type ObjectsUnderTest, type OpenObjects } from './objects.ts';
