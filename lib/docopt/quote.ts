/** Writes argv so that a POSIX shell reads the same words; quotes stand only where they are needed. */
export function quote(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

/** One word for a POSIX shell: `--a=b` as it is, `--a='b c'` with the quotes around the value. */
export function quoteWord(word: string): string {
  if (plain.test(word)) return word;
  const [option = ''] = /^--[\w-]+=/.exec(word) ?? [];
  return `${option}'${word.slice(option.length).replaceAll("'", `'\\''`)}'`;
}

// No `~`, which a shell expands in front, no `=` in front, which zsh does, and nothing that globs.
const plain = /^[\w@%+:,./-][\w@%+=:,./-]*$/;
