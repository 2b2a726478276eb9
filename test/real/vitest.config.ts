import { defineConfig } from 'vitest/config';

/** Tests against other people's programs. One that is missing is named and skipped; with CI=true it is a failure. */
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
