import { basename } from 'node:path';
import type { ArgValues } from '../../docopt/args.ts';
import { nearest } from '../../docopt/suggest.ts';
import { exitCodes } from '../../errors.ts';
import type { ExitCode } from '../../errors.ts';
import type { Mask } from '../../ledger/mask.ts';
import { renderTable } from '../../terminal/table.ts';
import { useColor } from '../color.ts';
import { findOwn } from '../registry.ts';
import type { Own } from '../registry.ts';
import { settingTable, settingsMarkdown } from '../setting-table.ts';
import type { SettingRow } from '../setting-table.ts';
import { givenFor, resolveSettings } from '../settings.ts';
import type { CommandInput } from './commands.ts';

/** Prints every setting with its value and where that came from. */
export async function showConfig({ options, args, cwd, mask }: CommandInput): Promise<ExitCode> {
  const print = (text: string): unknown => process.stdout.write(text);
  if (args['markdown'] === true) {
    print(settingsMarkdown());
    return exitCodes.done;
  }
  const own = await findOwn(cwd);
  const found = settingsInForce(options, own, cwd, mask);
  if (args['json'] === true) {
    const settings = Object.fromEntries(found.map(({ name, ...rest }) => [name, rest]));
    print(
      `${JSON.stringify({ root: own.root, config: own.configFile ?? null, settings }, null, 2)}\n`,
    );
    return exitCodes.done;
  }
  const rows = found.map(({ name, value, from, what }) => [name, value, from, what]);
  const text = (name: string) => ({ name, kind: 'text' as const });
  const { stdout } = process;
  const place = own.configFile === undefined ? 'no pipe.config' : basename(own.configFile);
  print(
    renderTable(
      {
        title: `project ${own.root}, ${place}`,
        columns: [text('setting'), text('value'), text('from'), text('what it is')],
        rows,
        notes: misspelled(process.env),
      },
      { width: stdout.isTTY ? stdout.columns : Infinity, color: useColor(stdout) },
    ),
  );
  return exitCodes.done;
}

interface InForce {
  readonly name: string;
  readonly value: string;
  readonly from: string;
  readonly what: string;
}

function settingsInForce(options: ArgValues, own: Own, cwd: string, mask: Mask): InForce[] {
  const { root, config } = own;
  const environment = process.env;
  // What is wrong is told as a run would tell it.
  const settings = resolveSettings({ options, environment, config, root, cwd, clock: Date.now });
  const effective: Readonly<Record<string, string>> = {
    store: settings.store,
    timezone: settings.timezone,
    jobs: String(settings.jobs),
    now: new Date(settings.now).toISOString(),
  };
  return settingTable.map(({ name, variable, isOption, otherwise, meaning }) => {
    const given = givenFor(name, { options: isOption ? options : {}, environment, config });
    const from = {
      option: `--${name}`,
      environment: variable,
      config: basename(own.configFile ?? ''),
      default: 'default',
    }[given?.from ?? 'default'];
    const value = effective[name] ?? given?.value ?? otherwise;
    return { name, value: mask.text(value), from, what: meaning };
  });
}

/** A variable that Pipe does not know does nothing, which a person may not notice. */
export function misspelled(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known: readonly string[] = settingTable.map(({ variable }: SettingRow) => variable);
  return Object.keys(environment)
    .filter((name) => name.startsWith('PIPE_') && !known.includes(name))
    .map((name) => {
      const near = nearest(name, known);
      return `${name} is set, which Pipe does not know${near ? `; did you mean ${near}?` : ''}`;
    });
}
