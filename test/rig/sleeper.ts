import { setImmediate } from 'node:timers/promises';
import type { RunOptions } from '../../lib/run/options.ts';

interface Sleeping {
  readonly due: number;
  wake(): void;
}

/** Turns of the event loop that everything else gets before time goes on. */
const turns = 20;

/** Sleep in a time of its own, which jumps to the next that is due once nothing else happens. */
export function createSleeper(): {
  readonly sleep: RunOptions['sleep'];
  readonly slept: readonly number[];
} {
  const sleeping = new Set<Sleeping>();
  const slept: number[] = [];
  let now = 0;
  const jump = async (): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    const [next] = [...sleeping].sort((a, b) => a.due - b.due);
    if (!next) return;
    now = next.due;
    next.wake();
  };
  return {
    slept,
    sleep: (durationMs, signal) => {
      slept.push(durationMs);
      return new Promise((resolve) => {
        const own: Sleeping = {
          due: now + durationMs,
          wake() {
            sleeping.delete(own);
            resolve();
          },
        };
        sleeping.add(own);
        signal.addEventListener('abort', () => own.wake());
        if (signal.aborted) own.wake();
        void jump();
      });
    },
  };
}
