import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const frame = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/g;

/**
 * A stack with places in a bundle replaced by those in the files that were written. Done when an
 * error is shown; Node's own source maps would cost every start.
 */
export function mapStack(stack: string): string {
  return stack.replaceAll(frame, (text, url: string, line: string, column: string) => {
    const place = placeIn(url, Number(line), Number(column));
    return place ? `${place.path}:${place.line}:${place.column}` : text;
  });
}

/** The first place of a stack in a file that the user wrote, its line and a caret; undefined where there is none. */
export function sourceOf(stack: string): string | undefined {
  for (const [, url = '', line, column] of stack.matchAll(frame)) {
    const place = placeIn(url, Number(line), Number(column));
    if (!place || place.path.includes('/node_modules/')) continue;
    return `${place.path}:${place.line}:${place.column}${caretAt(place)}`;
  }
  return undefined;
}

/** A place in a file; line and column count from 1. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** A line of a file below an empty one, and a caret under its column; nothing where it cannot be read. */
export function caretAt({ path, line, column }: Place): string {
  try {
    const text = readFileSync(path, 'utf8').split('\n')[line - 1] ?? '';
    const gap = text.slice(0, column - 1).replace(/[^\t]/g, ' ');
    return text.trim() === '' ? '' : `\n\n  ${text.trimEnd()}\n  ${gap}^`;
  } catch {
    return '';
  }
}

function placeIn(url: string, line: number, column: number): Place | undefined {
  const bundle = fileURLToPath(url);
  const entry = readMap(`${bundle}.map`)?.findEntry(line - 1, column - 1);
  if (!entry || !('originalSource' in entry)) return undefined;
  const path = resolve(dirname(bundle), entry.originalSource);
  return { path, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // a module of somebody else's, without a map
  }
}
