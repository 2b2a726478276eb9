import { defineConfig } from 'vitest/config';

/** Tests against other people's programs. What is missing on this machine is skipped with its reason; with CI=true it fails. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    reporters: ['verbose'],
  },
});
