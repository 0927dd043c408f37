import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import type { ExpectedValue } from '../docopt/complete.ts';
import type { Completion } from '../task/task.ts';
import type { Asked, Candidate } from './complete.ts';
import type { ListedTask } from './list.ts';
import { openLook } from './complete-store.ts';

/** The values that fit here: those the usage names, or what there is of the kind that is meant. */
export async function valuesFor(
  { name, argument, choices, prefix }: ExpectedValue,
  asked: Asked,
  tasks: () => Promise<readonly ListedTask[]>,
): Promise<readonly Candidate[]> {
  const typed = asked.current.slice(prefix.length);
  const kind = choices ?? asked.completions[name] ?? kindOf(name, argument);
  if (kind === 'file' || kind === 'source') {
    const datasets = kind === 'source' ? await lookUp('dataset', asked, typed, tasks) : [];
    const paths = [...datasets.map(({ word }) => word), ...(await filesAt(typed, asked.cwd))];
    return paths.map((path) => ({ word: prefix + path, isWhole: !path.endsWith('/') }));
  }
  const isList = argument === 'list' || (name.endsWith('s') && argument === name);
  // Of a list the last item is being typed.
  const before = isList ? typed.slice(0, typed.lastIndexOf(',') + 1) : '';
  const chosen = new Set(before.split(','));
  const values = await lookUp(kind, asked, typed.slice(before.length), tasks);
  return values
    .filter(({ word }) => !chosen.has(word))
    .map((value) => ({ ...value, word: prefix + before + value.word, isWhole: !isList }));
}

type Value = Pick<Candidate, 'word' | 'description'>;

async function lookUp(
  kind: Completion,
  asked: Asked,
  typed: string,
  tasks: () => Promise<readonly ListedTask[]>,
): Promise<readonly Value[]> {
  if (kind === 'timezone') return wordsOf(['UTC', ...Intl.supportedValuesOf('timeZone')]);
  if (kind === 'task') {
    return (await tasks()).map(({ name, summary }) => ({ word: name, description: summary }));
  }
  if (kind === 'file' || kind === 'source') return [];
  if (typeof kind === 'object' && !('key' in kind)) return wordsOf(kind);
  const look = await openLook(asked);
  if (kind === 'dataset') return wordsOf(await look.datasets());
  if (kind === 'run') return wordsOf(await look.runs());
  return wordsOf(await look.values(kind.key, typed));
}

function wordsOf(words: readonly string[]): readonly Value[] {
  return words.map((word) => ({ word }));
}

/** What an argument means by its name, for the many tasks that say nothing else of it. */
function kindOf(name: string, argument: string): Completion {
  for (const word of [name, argument]) {
    const one = word.replace(/s$/, '');
    if (one === 'source' || one === 'what') return 'source';
    if (one === 'dataset' || one === 'run' || one === 'task' || one === 'timezone') return one;
    if (fileWords.has(one)) return 'file';
  }
  // `--sites` and `--start-date` are values of the keys `site` and `date`.
  return { key: argument === 'date' ? 'date' : name.replace(/s$/, '') };
}

const fileWords = new Set(['file', 'folder', 'path', 'uri', 'dir', 'out', 'place']);

/** Paths that begin as typed; a folder ends in `/`. Hidden ones only where a dot is typed. */
async function filesAt(typed: string, cwd: string): Promise<readonly string[]> {
  const folder = typed.endsWith('/') ? typed : typed.includes('/') ? `${dirname(typed)}/` : '';
  const start = typed.endsWith('/') ? '' : basename(typed);
  const at = resolve(cwd, folder.replace(/^~(?=\/)/, homedir()));
  const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(({ name }) => name.startsWith(start) && (start !== '' || !name.startsWith('.')))
    .map((entry) => `${folder}${entry.name}${entry.isFile() ? '' : '/'}`)
    .sort();
}
