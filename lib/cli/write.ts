import { once } from 'node:events';

/** Writes to stdout and waits for a reader that is slower than we are, so that nothing piles up in memory. */
export async function writeOut(text: string): Promise<void> {
  const { stdout } = process;
  if (stdout.write(text) || stdout.destroyed) return;
  // An error, such as a reader that has gone, is told to who listens to stdout as a whole.
  const isOver = (): undefined => undefined;
  await Promise.race(
    [once(stdout, 'drain'), once(stdout, 'close')].map((end) => end.catch(isOver)),
  );
}
