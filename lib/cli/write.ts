/** Whether the reader of stdout has gone. Not `stdout.destroyed`, which Node takes back for stdout. */
let isUnread = false;

/**
 * Writes to stdout and waits for a reader that is slower than we are, so that nothing piles up in
 * memory; false once nobody reads any more, as behind `| head`.
 */
export async function writeOut(text: string): Promise<boolean> {
  if (isUnread) return false;
  await new Promise<void>((resolve) => {
    const isTaken = process.stdout.write(text, (error) => {
      isUnread ||= Boolean(error);
      resolve();
    });
    if (isTaken) resolve();
  });
  return !isUnread;
}
