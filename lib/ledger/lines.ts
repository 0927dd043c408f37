import type { Store } from '../store/store.ts';

/**
 * Lines without their breaks, as many at once as a piece of the object has: each step of an async
 * iteration costs more than reading a line. What stands behind the last break is a line, too.
 */
export async function* linesOf(
  store: Pick<Store, 'stream'>,
  key: string,
): AsyncGenerator<readonly string[], void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of store.stream(key)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield [rest];
}

/** The beginning and the end of an object; they overlap when it is small. */
export interface Ends {
  readonly head: string;
  readonly tail: string;
}

/** So many bytes from each end, or all there are. Nothing between them is decoded. */
export async function endsOf(
  store: Pick<Store, 'stream'>,
  key: string,
  bytes: number,
): Promise<Ends> {
  let head: Uint8Array = new Uint8Array();
  let tail: Uint8Array = new Uint8Array();
  for await (const chunk of store.stream(key)) {
    if (head.length < bytes) head = Buffer.concat([head, chunk.subarray(0, bytes)]);
    tail = Buffer.concat([tail, chunk.subarray(-bytes)]).subarray(-bytes);
  }
  const decoder = new TextDecoder();
  return { head: decoder.decode(head), tail: decoder.decode(tail) };
}
