import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/**/*.test.ts'],
    // A zone that is not UTC, so that a test which leans on the machine's zone fails everywhere.
    env: { TZ: 'Asia/Kathmandu' },
    testTimeout: 30_000,
    typecheck: { enabled: false },
  },
});
