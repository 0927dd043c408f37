import { readFile } from 'node:fs/promises';

/** A fenced block of a document. */
export interface Block {
  readonly language: string;
  /** What stands behind the language: for `ts tasks/shop.ts` the file that the block is. */
  readonly name: string | undefined;
  readonly text: string;
}

/** A command line of a document, and where it is meant to be run. */
export interface Command {
  readonly line: string;
  /** In the folder of Pipe itself, rather than in a project. */
  readonly isCheckout: boolean;
}

export const readme = await readFile('README.md', 'utf8');

export function blocksOf(document: string): readonly Block[] {
  return [...document.matchAll(/^```(\w+)(?: (.+))?\n([^]*?)^```$/gm)].map(
    ([, language = '', name, text = '']) => ({ language, name, text }),
  );
}

/** The lines of the blocks `sh` and `sh checkout`. */
export function commandsOf(document: string): readonly Command[] {
  return blocksOf(document)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ name, text }) =>
      text
        .trim()
        .split('\n')
        .map((line) => ({ line, isCheckout: name === 'checkout' })),
    );
}

/** Whether CI runs a command, because it runs tests, or would take too long in one. */
export function isOfCi(line: string): boolean {
  return /^npm (?:test|run lint|run typecheck)\b/.test(line);
}
