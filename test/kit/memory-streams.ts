import type { StreamDefinition, StreamStore } from '../../src/core/streams.ts';

/** Stream definitions in memory, for tests. */
export function memoryStreams(): StreamStore {
  const streams = new Map<string, StreamDefinition>();
  return {
    get: async (name) => streams.get(name),
    byId: async (id) => [...streams.values()].find((stream) => stream.id === id),
    list: async () => [...streams.values()].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
    async change(name, decide) {
      const next = decide(streams.get(name));
      if (next === undefined) streams.delete(name);
      else streams.set(name, next);
      return next;
    },
  };
}
