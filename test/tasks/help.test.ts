import { describe, expect, test } from 'vitest';
import { builtInTasks } from '../../lib/cli/built-ins.ts';
import { readCommandLine } from '../../lib/cli/command-line.ts';
import { readShellLine } from '../../lib/cli/shell-line.ts';
import { parseArgs } from '../../lib/docopt/args.ts';

const tasks = new Map(builtInTasks().map((task) => [task.name, task]));

/** The commands of pipe that stand in a text, each on a line that is further in than the rest. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/^ {2}(?:.* \| )?pipe (.+)$/gm)].map(([, command = '']) => command);
}

describe.each([...tasks])('the help of %s', (name, { usage }) => {
  const examples = commandsIn(usage.text);

  test('has an example of it', () => {
    expect(examples.some((line) => readCommandLine(wordsOf(line)).task === name)).toBe(true);
  });

  test('has none that it would refuse', () => {
    for (const example of examples) {
      const { task = '', rest } = readCommandLine(wordsOf(example));
      const named = tasks.get(task)?.usage;
      const argv = rest[0] === '--' ? rest.slice(1) : rest;
      expect(() => named && parseArgs(named, argv), example).not.toThrow();
    }
  });

  test('says what every option means', () => {
    const silent = usage.options.filter(({ description }) => description.trim() === '');
    expect(silent.map(({ key }) => key)).toEqual([]);
  });
});

/** The words of a command as bash sees them, without where its output goes. */
function wordsOf(line: string): readonly string[] {
  return readShellLine(`${line.replace(/ > \S+$/, '')} `, '').words;
}
