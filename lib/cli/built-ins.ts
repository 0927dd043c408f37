import * as events from '../../tasks/events.ts';
import * as stats from '../../tasks/stats.ts';
import * as tasks from '../../tasks/tasks.ts';

/** A file of built-in tasks, with where its code stands. */
export interface BuiltIn {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly file: URL;
}

export const builtIns: readonly BuiltIn[] = Object.entries({ events, stats, tasks }).map(
  ([name, exports]) => ({ exports, file: fileOf(name) }),
);

/** Beside this file's own folder, with its own ending: `.ts` from the source, `.js` when compiled. */
function fileOf(name: string): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`../../tasks/${name}${extension}`, import.meta.url);
}
