import { describeBuffer } from '../kit/buffer.ts';
import { memoryBuffer } from '../kit/memory-buffer.ts';

describeBuffer({ name: 'memory', open: async () => memoryBuffer() });
