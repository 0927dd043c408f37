/** A text whose first line has been looked at. */
export interface Peeked {
  /** The first line, without a byte order mark. */
  readonly head: string;
  /** The bytes from their start. */
  readonly all: AsyncIterable<Uint8Array>;
}

/** Reads as far as the first line goes, and gives it with the whole. */
export async function peek(source: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const chunks = source[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let head = '';
  while (!head.includes('\n')) {
    const next = await chunks.next();
    if (next.done === true) break;
    seen.push(next.value);
    head += Buffer.from(next.value).toString('utf8');
  }
  const [first = ''] = head.replace(/^\uFEFF/, '').split('\n', 1);
  return { head: first, all: again(seen, chunks) };
}

async function* again(
  seen: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* seen;
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return;
    yield next.value;
  }
}
