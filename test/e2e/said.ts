import { expect, test } from 'vitest';
import type { Rig } from '../rig/rig.ts';

/** A line for a shell, its exit code, and the lines on stderr. */
export type Case = readonly [line: string, code: number, ...said: string[]];

/** Runs each line in the rig and holds all that is said on stderr, but for times, against what is expected. */
export function testSaid(rig: () => Rig, cases: readonly Case[]): void {
  test.each(cases.map(([line, code, ...said]) => ({ line, code, said })))(
    '$line',
    async ({ line, code, said }) => {
      const result = await rig().shell(line);
      const stderr = result.stderr
        .trimEnd()
        .replace(/ in \d[\d.]* m?s$/m, ' in <time>')
        .replace(/^(no-data) +\d[\d.]* m?s/gm, '$1 <time>');
      expect({ code: result.code, said: stderr.split('\n') }).toEqual({ code, said });
    },
  );
}
