import { describeLocalBuffer } from '../kit/buffer.ts';
import { memoryBuffer } from '../kit/memory-buffer.ts';

describeLocalBuffer({ name: 'memory', open: async () => memoryBuffer() });
