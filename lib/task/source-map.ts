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
  return stack.replaceAll(frame, (place, url: string, line: string, column: string) => {
    const path = fileURLToPath(url);
    const map = readMap(`${path}.map`);
    const entry = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!entry || !('originalSource' in entry)) return place;
    const source = resolve(dirname(path), entry.originalSource);
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // a module of somebody else's, without a map
  }
}
