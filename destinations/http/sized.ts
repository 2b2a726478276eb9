/** Larger bodies whose length is not known before they are made go out in chunks. */
const COLLECTED_MOST_BYTES = 4 * 1024 * 1024;

/**
 * The body in one piece, so that it gets a `Content-Length`, which some servers insist on; as a stream when it is too
 * large to be collected first.
 */
export async function sized(content: AsyncIterable<Uint8Array>): Promise<Uint8Array | AsyncIterable<Uint8Array>> {
  const chunks = content[Symbol.asyncIterator]();
  const collected: Uint8Array[] = [];
  let bytes = 0;
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
    collected.push(next.value);
    bytes += next.value.length;
    if (bytes > COLLECTED_MOST_BYTES) return rest(collected, chunks);
  }
  return Buffer.concat(collected);
}

async function* rest(collected: Uint8Array[], chunks: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* collected.splice(0);
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}
