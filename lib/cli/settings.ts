import { availableParallelism } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { ArgValues } from '../docopt/args.ts';
import { quote } from '../docopt/quote.ts';
import { nearest } from '../docopt/suggest.ts';
import { parseZone } from '../dates/zone.ts';
import type { AttemptSettings, Pinned, TaskDefaults } from '../task/task.ts';
import { integer } from '../task/values.ts';
import { UsageError } from '../errors.ts';
import { attemptSettings, graceMs, isolateSetting, memorySetting } from './attempt-settings.ts';
import type { Isolation } from './attempt-settings.ts';
import type { Config } from './config.ts';
import { overlapSettings } from './lease-settings.ts';
import type { OverlapSettings } from './lease-settings.ts';
import { parseNow } from './now.ts';

/** What is in force in a run, wherever it came from. */
export interface Settings extends Isolation {
  /** A path or URI; relative paths are made absolute. */
  readonly store: string;
  readonly timezone: string;
  readonly jobs: number;
  readonly attempts: AttemptSettings;
  /** What the project says of tasks that say nothing themselves. */
  readonly defaults: TaskDefaults;
  /** How long the first signal leaves to what is running. */
  readonly graceMs: number;
  readonly overlap: OverlapSettings;
  /** Whether to publish also where conditions do not hold. */
  readonly unsafePublish: boolean;
  /** The one pinned now, in milliseconds since the epoch. */
  readonly now: number;
  /** The options that a command needs to do the same again: `--store=…`, `--timezone=…`, `--retries=…`. */
  readonly prefix: string;
}

export interface SettingsSources {
  readonly options: ArgValues;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly config: Config;
  readonly root: string;
  readonly cwd: string;
  readonly clock: () => number;
}

/** The command line stands above the environment, the environment above the project's config. */
export function resolveSettings(sources: SettingsSources): Settings {
  try {
    return settingsFrom(sources);
  } catch (error) {
    throw error instanceof UsageError ? withSource(error, sources) : error;
  }
}

/** One setting as somebody wrote it, and where. */
export interface Given {
  readonly value: string;
  readonly from: 'option' | 'environment' | 'config';
}

/** Who speaks first for the setting of an option's name. */
export function givenFor(
  name: string,
  { options, environment, config }: Pick<SettingsSources, 'options' | 'environment' | 'config'>,
): Given | undefined {
  const option = options[name];
  if (typeof option === 'string') return { value: option, from: 'option' };
  const variable = environment[variableOf(name)];
  // A variable that is empty says nothing, as in most programs.
  if (variable !== undefined && variable !== '') return { value: variable, from: 'environment' };
  const field = new Map(Object.entries(config)).get(fieldOf(name));
  return field === undefined ? undefined : { value: String(field), from: 'config' };
}

/** `--max-memory` is `maxMemory` in a config. */
function fieldOf(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function variableOf(name: string): string {
  return `PIPE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** A value's error names its option; who set it elsewhere looks for it there. */
function withSource(error: UsageError, sources: SettingsSources): UsageError {
  const [, name = ''] = /^--([\w-]+)(?=: )/.exec(error.message) ?? [];
  const from = givenFor(name, sources)?.from ?? 'option';
  if (from === 'option') return error;
  const { message } = error;
  const said =
    from === 'environment'
      ? message.replaceAll(`--${name}`, variableOf(name))
      : `pipe.config: ${message.replaceAll(`--${name}=`, `${fieldOf(name)}: `).replaceAll(`--${name}`, fieldOf(name))}`;
  return new UsageError(said, { cause: error });
}

function settingsFrom(sources: SettingsSources): Settings {
  const { options, config, root, cwd, clock } = sources;
  const given = (name: string): string | undefined => givenFor(name, sources)?.value;
  // What a task says of itself stands above what its project says of all, and below what this shell says.
  const written = (name: string): string | undefined =>
    givenFor(name, { options: {}, environment: {}, config })?.value;
  const spoken = (name: string): string | undefined =>
    givenFor(name, { ...sources, config: {} })?.value;
  const store = givenFor('store', sources) ?? { value: 'data', from: 'config' };
  const jobs = given('jobs');
  const timezone = parseZone(given('timezone') ?? 'UTC', { nearest });
  return {
    store: absolute(store.value, store.from === 'config' ? root : cwd),
    timezone,
    jobs:
      jobs === undefined
        ? availableParallelism()
        : integer(jobs, { option: '--jobs', min: 1, max: 1024 }),
    attempts: attemptSettings(spoken),
    defaults: { ...attemptSettings(written), ...isolateSetting(written) },
    graceMs: graceMs(given),
    overlap: overlapSettings(given),
    ...isolateSetting(spoken),
    ...memorySetting(given),
    unsafePublish: options['unsafe-publish'] === true,
    now: parseNow(given('now'), timezone, clock),
    prefix: prefixOf(options),
  };
}

/** The settings that a task has found for itself. */
export function pinSettings(settings: Settings, { timezone, now }: Pinned): Settings {
  if (timezone === settings.timezone) return { ...settings, now };
  const others = settings.prefix.replace(/--timezone=\S+ /, '');
  return { ...settings, timezone, now, prefix: `${others}--timezone=${timezone} ` };
}

/** Without them the same command may fail where this one did not, or find something else. */
const repeated = [
  'store',
  'timezone',
  'retries',
  'retry-delay',
  'timeout',
  'isolate',
  'max-memory',
  'if-running',
  'wait',
] as const;

/** Only what was given on this command line; the rest the next shell has as well. */
function prefixOf(options: ArgValues): string {
  const names = repeated.filter((name) => typeof options[name] === 'string');
  const words = names.map((name) => quote([`--${name}=${String(options[name])}`]));
  const flags = options['unsafe-publish'] === true ? ['--unsafe-publish'] : [];
  return [...words, ...flags].map((word) => `${word} `).join('');
}

/** A path from a folder; a URI as it is. */
export function absolute(uri: string, folder: string): string {
  // A scheme of one letter is a drive of Windows. `s3:/bucket` is a URI with a mistake, not a folder.
  return /^[a-z][a-z0-9+.-]+:/i.test(uri) || isAbsolute(uri) ? uri : join(folder, uri);
}
