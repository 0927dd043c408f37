import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readShellLine, typedRest } from '../../lib/cli/shell-line.ts';

const breaks = ' \t\n"\'><=;|&(:';

test.each([
  ['pipe stats:mu', { words: ['pipe'], current: 'stats:mu', kept: 6, quote: '' }],
  ['pipe --site=a,b', { words: ['pipe'], current: '--site=a,b', kept: 7, quote: '' }],
  ['A=b pipe x ', { words: ['pipe', 'x'], current: '', kept: 0, quote: '' }],
  ['pipe "my lo', { words: ['pipe'], current: 'my lo', kept: 0, quote: '"' }],
  ["pipe --a='x:y", { words: ['pipe'], current: '--a=x:y', kept: 4, quote: "'" }],
  ['pipe my\\ logs/', { words: ['pipe'], current: 'my logs/', kept: 0, quote: '' }],
])('%j', (line, expected) => {
  expect(readShellLine(line, breaks)).toEqual(expected);
});

test('what is typed behind the cursor is one word to bash', () => {
  const quotes = fc.constantFrom('', '"', "'");
  const words = fc.array(
    fc.tuple(
      fc.string().filter((text) => !/[\0\n\r!]/.test(text)),
      quotes,
    ),
    {
      minLength: 1,
      maxLength: 20,
    },
  );
  fc.assert(
    fc.property(words, (all) => {
      const typed = all.map(
        ([word, quote]) => `${quote}${typedRest(word, { kept: 0, quote })}${quote}`,
      );
      const script = `printf '%s\\n' ${typed.map((text) => `x${text}`).join(' ')}`;
      const read = execFileSync('bash', ['-c', script], { encoding: 'utf8' });
      expect(read).toBe(all.map(([word]) => `x${word}\n`).join(''));
    }),
    { numRuns: 30 },
  );
});
