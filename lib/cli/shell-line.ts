/** A command line as bash hands it over: up to the cursor, with its quotes. */
export interface ShellLine {
  /** The words before the one that is being typed, without quotes. */
  readonly words: readonly string[];
  /** What is there of that one, without quotes. */
  readonly current: string;
  /** How much of `current` bash keeps; it replaces only what follows. */
  readonly kept: number;
  /** The quote that is open at the cursor. */
  readonly quote: string;
}

/**
 * Reads the words of a line. bash completes from the last of `breaks` (its `COMP_WORDBREAKS`, where
 * `:` and `=` are) or from an open quote on, so that is told besides.
 */
export function readShellLine(line: string, breaks: string): ShellLine {
  const words: string[] = [];
  let word: string | undefined;
  let kept = 0;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote === '' && /\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      kept = 0;
    } else if (char === quote) {
      quote = '';
    } else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
      kept = word.length;
    } else if (char === '\\' && quote !== "'" && at + 1 < line.length) {
      word = (word ?? '') + line.charAt(++at);
    } else {
      word = (word ?? '') + char;
      if (quote === '' && breaks.includes(char)) kept = word.length;
    }
  }
  return { words: withoutAssignments(words), current: word ?? '', kept, quote };
}

/** The rest of a whole word as it is typed behind what bash keeps of it. */
export function typedRest(
  word: string,
  { kept, quote }: Pick<ShellLine, 'kept' | 'quote'>,
): string {
  const rest = word.slice(kept);
  if (quote === "'") return rest.replaceAll("'", `'\\''`);
  if (quote === '"') return rest.replace(/[\\"$`]/g, '\\$&');
  return rest.replace(/[^\p{L}\p{N}_@%+=:,./~-]/gu, '\\$&');
}

/** `NAME=value pipe …`: what stands before the command is not its argument. */
function withoutAssignments(words: readonly string[]): readonly string[] {
  const command = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  return command < 0 ? [] : words.slice(command);
}
