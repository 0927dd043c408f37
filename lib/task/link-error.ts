import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { nearest } from '../docopt/suggest.ts';
import { UsageError } from '../errors.ts';
import { caretAt } from './source-map.ts';

/** An import that leads nowhere, with the line that has it. */
export class LinkError extends UsageError {}

/**
 * What Node says of a bundle that cannot be linked, said of the file that is to blame: the bundle is
 * one module to Node, and none of it runs. Undefined for any other error.
 */
export async function linkError(
  error: unknown,
  {
    root,
    files,
    pipe,
  }: { readonly root: string; readonly files: readonly string[]; readonly pipe: string },
): Promise<LinkError | undefined> {
  const message = error instanceof Error ? error.message : '';
  const name = /does not provide an export named '([^']+)'/.exec(message)?.[1];
  const missing = /Cannot find (?:package|module) '([^']+)'/.exec(message)?.[1];
  if (name !== undefined) {
    const said = message.includes(pipe) ? await noExport(name, pipe) : message;
    return at(new RegExp(`\\b${escaped(name)}\\b`), said, { root, files, cause: error });
  }
  if (missing === undefined) return undefined;
  const said = `cannot find package '${missing}'; npm install ${missing}`;
  return at(new RegExp(`(?<=['"])${escaped(missing)}(?=['"/])`), said, {
    root,
    files,
    cause: error,
  });
}

async function noExport(name: string, pipe: string): Promise<string> {
  const exports: unknown = await import(pipe);
  const near = nearest(name, Object.keys(Object(exports)));
  return `'pipe' exports no '${name}'${near === undefined ? '' : `; did you mean ${near}?`}`;
}

interface Blame {
  readonly root: string;
  readonly files: readonly string[];
  readonly cause: unknown;
}

/** The first line of the files that matches. */
function at(pattern: RegExp, said: string, { root, files, cause }: Blame): LinkError | undefined {
  for (const path of files) {
    const lines = readFileSync(path, 'utf8').split('\n');
    const index = lines.findIndex((line) => pattern.test(line));
    if (index < 0) continue;
    const place = { path, line: index + 1, column: (lines[index] ?? '').search(pattern) + 1 };
    const where = `${relative(root, path)}:${place.line}:${place.column}`;
    return new LinkError(`${where}: ${said}${caretAt(place)}`, { cause });
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
