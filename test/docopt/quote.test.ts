import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote } from '../../lib/docopt/quote.ts';

test.each([
  [['--sites=a,b', 'stats:multi', 's3://b/k', 'x@y'], '--sites=a,b stats:multi s3://b/k x@y'],
  [['', 'a b', "it's", '--x=a b', '~', '--n='], `'' 'a b' 'it'\\''s' --x='a b' '~' --n=`],
  [['*', '$HOME', 'a\nb', '=ls', '--x=~/a'], `'*' '$HOME' 'a\nb' '=ls' --x='~/a'`],
])('%j', (argv, text) => {
  expect(quote(argv)).toBe(text);
});

test('a shell reads the same words', () => {
  const word = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0'));
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          word,
          word.map((text) => `--opt=${text}`),
        ),
        { minLength: 1 },
      ),
      (argv) => {
        const command = `printf '%s\\0' ${quote(argv)}`;
        const output = execFileSync('sh', ['-c', command], { encoding: 'utf8' });
        expect(output.split('\0').slice(0, -1)).toEqual(argv);
      },
    ),
    { numRuns: 50 },
  );
});
