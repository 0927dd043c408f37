import { UsageError } from '../errors.ts';
import type { Span } from './usage.ts';

/** What a refusal points into. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/** Throws the UsageError of a malformed usage text: the sentence, where, the line and a caret. */
export function refuse(source: Source, sentence: string, span: Span): never {
  const before = source.text.slice(0, span.start);
  const line = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineText = source.text.slice(lineStart).split('\n', 1)[0] ?? '';
  const column = span.start - lineStart;
  const width = Math.max(1, Math.min(span.end - span.start, lineText.length - column));
  throw new UsageError(
    `${source.name}: ${sentence} (line ${line}, column ${column + 1})\n\n` +
      `  ${lineText.replaceAll('\t', ' ')}\n  ${' '.repeat(column)}${'^'.repeat(width)}`,
  );
}
