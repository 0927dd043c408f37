import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { matchArgv } from '../../lib/docopt/match.ts';
import { parseUsage } from '../../lib/docopt/parse.ts';
import { UsageError } from '../../lib/errors.ts';

const file = createRequire(import.meta.url).resolve('docopt/test/testcases.docopt');
const text = readFileSync(file, 'utf8').replace(/#.*$/gm, '');

const documents = text
  .split('r"""')
  .slice(1)
  .map((part) => {
    const [doc = '', rest = ''] = part.split('"""');
    const name = /usage:\s*(\S+)/i.exec(doc)?.[1] ?? '';
    const cases = rest
      .split('$')
      .slice(1)
      .map((block) => {
        const [command = '', ...lines] = block.trim().split('\n');
        return { argv: command.trim().split(/\s+/).slice(1), expected: lines.join('\n') };
      });
    return { doc, name, cases };
  });

test('the suite is read whole', () => {
  expect(documents).toHaveLength(81);
  expect(documents.flatMap(({ cases }) => cases)).toHaveLength(175);
});

describe.each(documents)("docopt's suite: $doc", ({ doc, name, cases }) => {
  test.each(cases)('$argv', ({ argv, expected }) => {
    const usage = parseUsage(doc, name);
    const wanted: unknown = JSON.parse(expected);
    if (wanted === 'user-error') expect(() => matchArgv(usage, argv)).toThrow(UsageError);
    else expect(matchArgv(usage, argv)).toEqual(wanted);
  });
});
