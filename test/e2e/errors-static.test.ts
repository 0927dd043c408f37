import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { builtInTasks } from '../../lib/cli/built-ins.ts';

const tasks = builtInTasks().map(({ name }) => name);
const namespaces = [...new Set(tasks.map((name) => name.split(':')[0]))].join('|');

test('every task that a text of Pipe speaks of is there', () => {
  const named = new RegExp(`(?<![\\w:/.-])(?:${namespaces}):[a-z]+(?:-[a-z]+)*(?![\\w/])`, 'g');
  const unknown = sourceFiles().flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(named)]
      .filter(([name]) => !tasks.includes(name))
      .map(([name]) => `${file}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('no message speaks of the parts that Pipe is made of', () => {
  const jargon = /`\[(?:store|engine|local|s3|memory)\]/;
  expect(sourceFiles().filter((file) => jargon.test(readFileSync(file, 'utf8')))).toEqual([]);
});

function sourceFiles(): string[] {
  return ['lib', 'tasks'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `${folder}/${file}`),
  );
}
