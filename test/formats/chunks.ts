/** A stream of the chunks that notes how far it was read and whether it was closed. */
export function watched(
  chunks: readonly Uint8Array[],
): AsyncIterable<Uint8Array> & { pulled: number; closed: boolean } {
  const source = {
    pulled: 0,
    closed: false,
    async *[Symbol.asyncIterator]() {
      try {
        for (const chunk of chunks) {
          source.pulled++;
          yield chunk;
        }
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

export async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

export async function collected(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The bytes in chunks of these lengths, the rest in a last one. */
export function cutAt(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  chunks.push(bytes.subarray(offset));
  return chunks;
}

/** Log lines, the same ones every time, about four times smaller when compressed. */
export function logLines(bytes: number): Buffer {
  const lines: string[] = [];
  let length = 0;
  for (let i = 0; length < bytes; i++) {
    const user = ((i * 2654435761) >>> 0).toString(36);
    const line = `{"id":${i},"user":"${user}","path":"/items/${(i * 7919) % 10007}"}\n`;
    lines.push(line);
    length += line.length;
  }
  return Buffer.from(lines.join('')).subarray(0, bytes);
}

/** One line over and over: what the fixtures of other programs hold. */
export function sameLines(bytes: number): Buffer {
  return Buffer.alloc(bytes, 'one line of text over and over\n');
}

/** Bytes that no codec can make smaller, the same ones every time. */
export function noise(bytes: number): Buffer {
  const out = Buffer.alloc(bytes);
  let state = 1;
  for (let i = 0; i < bytes; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    out[i] = state;
  }
  return out;
}
