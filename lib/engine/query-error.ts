import { messageOf, UsageError, UserError } from '../errors.ts';
import { EngineError } from './error.ts';

/**
 * What the engine has against SQL that a person wrote, with a caret under the place in their own
 * text, not in what was made of it: a UsageError where nothing was run yet, else a UserError. Other
 * errors pass unchanged. `label` names the text: `the query`, `--where`.
 */
export function queryError(label: string, text: string, error: unknown): unknown {
  if (!(error instanceof EngineError) || error.failure !== 'query') return error;
  const message = messageOf(error.cause);
  // Behind the sentence may be dozens of functions of that name.
  const [head = ''] = message.split(/\n+LINE \d+: |\n\s*Candidate functions:/);
  const [, kind = '', said = head] = errorClass.exec(head.trim()) ?? [];
  const at = placeIn(text, message);
  const sentence = `${label}: ${said.replace(/\s*\n\s*/g, ' ')}`;
  const told = at === undefined ? sentence : `${sentence}\n${caretUnder(text, at)}`;
  return unrun.has(kind)
    ? new UsageError(told, { cause: error })
    : new UserError(told, { cause: error });
}

/** The line of a place in a text, counted in characters, with a caret below it. */
export function caretUnder(text: string, at: number): string {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const [line = ''] = text.slice(start).split('\n');
  return `  ${line}\n  ${' '.repeat(at - start)}^`;
}

const errorClass = /^(?:Failed to extract statements: )?([A-Z]\w+) Error: ([^]*)$/;

/** Classes of DuckDB's errors that come before a statement runs. */
const unrun: ReadonlySet<string> = new Set(['Parser', 'Binder', 'Catalog']);

/** Where in the text the engine's caret stands, which it puts below a piece of the whole statement. */
function placeIn(text: string, message: string): number | undefined {
  const [, prefix = '', piece = '', caret = ''] = /\n(LINE \d+: )(.*)\n( *)\^/.exec(message) ?? [];
  const at = caret.length - prefix.length;
  const tail = piece
    .slice(at)
    .replace(/\.\.\.$/, '')
    .trimEnd();
  if (at < 0 || tail === '') return undefined;
  const before = piece.slice(0, at);
  let best: { readonly at: number; readonly same: number } | undefined;
  for (let found = text.indexOf(tail); found >= 0; found = text.indexOf(tail, found + 1)) {
    const same = sameEnd(text.slice(0, found), before);
    if (!best || same > best.same) best = { at: found, same };
  }
  return best?.at;
}

/** How many characters two texts end in alike. */
function sameEnd(a: string, b: string): number {
  let same = 0;
  while (same < Math.min(a.length, b.length) && a.at(-1 - same) === b.at(-1 - same)) same++;
  return same;
}
