import type { Engine } from '../../engine/engine.ts';
import { EngineError } from '../../engine/error.ts';
import { UserError } from '../../errors.ts';
import { nameOf } from '../sources/name-of.ts';
import type { NamedFile } from '../sources/name-of.ts';
import { demandWhole, openRelation } from './relation.ts';
import { namesOf, saidBy } from './read-error.ts';

/**
 * Reads text by an engine that leaves nothing out. Where it cannot, files are read once more to tell
 * the first record that cannot be read, its line and why: the engine speaks of its own settings.
 */
export async function readAll<Result>(
  engine: Engine,
  files: readonly NamedFile[],
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EngineError) || error.failure !== 'query') throw error;
    for (const file of files) await demandReadable(engine, file);
    throw new UserError(
      `${namesOf(files)}: ${saidBy(error)}; look at it with pipe data:show, and write anew what can be read with pipe data:convert`,
      { cause: error },
    );
  }
}

async function demandReadable(engine: Engine, file: NamedFile): Promise<void> {
  try {
    await demandWhole(engine, await openRelation(engine, { name: nameOf(file), files: [file] }));
  } catch (error) {
    // Where that says no more, the engine's own words stand.
    if (error instanceof UserError && !(error instanceof EngineError)) throw error;
  }
}
