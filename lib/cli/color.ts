/** Colour on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function useColor(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}

/** Whether a stream is a terminal on which lines can be rewritten, in colour or not. */
export function canRewrite(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY === true && process.env['TERM'] !== 'dumb';
}
