import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { guides } from '../../src/cli/destination-guide.ts';
import { createHydrant } from '../../src/local/hydrant.ts';

it('there is a guide to every kind of destination that is delivered to, and to no other', async () => {
  const dataFolder = await fs.mkdtemp(join(tmpdir(), 'hydrant-guide-'));
  const kinds = new Set<string>(['ExtendedS3']);
  const hydrant = await createHydrant({
    dataFolder,
    redshift: {},
    adapt(own) {
      for (const kind of own.others.keys()) kinds.add(kind);
      return own;
    },
    logger: pino({ level: 'silent' }),
  });
  await hydrant.close(0);
  await fs.rm(dataFolder, { recursive: true });

  const guided = new Set(guides().map(({ configuredAs }) => configuredAs.replace(/DestinationConfiguration$/, '')));
  expect(guided).toEqual(kinds);
});

it('guides have names of their own, as they are asked for', () => {
  const names = guides().map(({ name }) => name);

  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z0-9-]+$/);
});
