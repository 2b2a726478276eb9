import type { StreamDefinition, StreamStore } from '../../src/core/streams.ts';

/** Stream definitions in memory, for tests. Like the real ones it decides one change of a name after another. */
export function memoryStreams(): StreamStore {
  const byName = new Map<string, StreamDefinition>();
  return {
    get: async (name) => byName.get(name),
    byId: async (id) => [...byName.values()].find((stream) => stream.id === id),
    list: async () => [...byName.values()].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
    async change(name, decide) {
      // Nothing is awaited between reading and writing, so no other change comes in between.
      const next = decide(byName.get(name));
      if (next === undefined) byName.delete(name);
      else byName.set(name, next);
      return next;
    },
  };
}
