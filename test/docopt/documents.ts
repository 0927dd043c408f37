import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const file = createRequire(import.meta.url).resolve('docopt/test/testcases.docopt');
const text = readFileSync(file, 'utf8').replace(/#.*$/gm, '');

/** docopt's language-agnostic suite: usage texts, each with argv and what it should give. */
export const documents = text
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
