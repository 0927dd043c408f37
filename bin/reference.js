// Writes lib/README.md: what authors of tasks import, from the declarations that tsc has written and
// their comments; with --print to stdout.
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = 'dist/lib/pipe.d.ts';

async function reference() {
  const exported = await exportsOf(entry);
  const found = await Promise.all(exported.map(({ name, path }) => declarationOf(name, path)));
  const listed = [
    '## Functions',
    ...sectionsOf(found, /^(declare )?function/),
    '## Values',
    ...sectionsOf(found, /^(declare )?(const|class)/),
    '## Types',
    ...sectionsOf(found, /^(interface|type)/),
  ];
  return `${[head, ...listed].join('\n\n')}\n`;
}

const head = `# What tasks import

\`import { defineTask } from 'pipe'\`. Generated from the comments in the source by \`npm run reference\`; the manual is the
[README](../README.md).`;

async function exportsOf(path) {
  const text = await read(path);
  return [...text.matchAll(/export (?:type )?\{([^}]*)\} from '(.+?)\.ts'/g)].flatMap(
    ([, names, from]) =>
      names
        .split(',')
        .map((name) => name.replace(/^\s*type\s/, '').trim())
        .filter((name) => name !== '')
        .map((name) => ({ name, path: join(dirname(path), `${from}.d.ts`) })),
  );
}

/** A declaration with its comment; followed where the file has it from another one. */
async function declarationOf(name, path) {
  const text = await read(path);
  const pattern = new RegExp(
    // A declaration is one line, or ends with the brace that begins one.
    String.raw`(?:^/\*\*((?:(?!\*/)[^])*)\*/\n)?^export ((?:declare )?(?:function|const|class|interface|type) ${name}\b(?:.*;|[^]*?^\}.*))$`,
    'm',
  );
  const [, comment = '', found] = pattern.exec(text) ?? [];
  if (found !== undefined) return { name, comment, text: found };
  const imported = new RegExp(String.raw`\{[^}]*\b${name}\b[^}]*\} from '(.+?)\.ts'`).exec(text);
  if (!imported) throw new Error(`${path} exports no ${name}`);
  return declarationOf(name, join(dirname(path), `${imported[1]}.d.ts`));
}

function sectionsOf(found, kind) {
  const some = found.filter(({ text }) => kind.test(text));
  return some.sort((a, b) => (a.name < b.name ? -1 : 1)).map(section);
}

function section({ name, comment, text }) {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  const [said, example] = lines.join('\n').trim().split('@example');
  const shown = text.replace(/^declare /, '').replaceAll('    ', '  ');
  const parts = [`### \`${name}\``, said.replaceAll(/\{@link (\w+)\}/g, '`$1`').trim()];
  if (example) parts.push(`\`\`\`ts\n${example.trim()}\n\`\`\``);
  return [...parts, `\`\`\`ts\n${shown}\n\`\`\``].filter((part) => part !== '').join('\n\n');
}

function read(path) {
  return readFile(join(root, path), 'utf8');
}

if (process.argv.includes('--print')) process.stdout.write(await reference());
else await writeFile(join(root, 'lib/README.md'), await reference());
