import type { Diagnosis } from './argv-error.ts';
import type { Problem } from './argv.ts';
import type { Compiled } from './compile.ts';
import { nearest } from './suggest.ts';
import type { UsageOption } from './usage.ts';
import { optionText } from './wording.ts';

/** What is wrong when a token cannot be read as an option. */
export function diagnoseProblem(
  compiled: Compiled,
  argv: readonly string[],
  problem: Problem,
): Diagnosis {
  const { name, token } = problem;
  const culprits = [token];
  switch (problem.kind) {
    case 'unknown-option':
      return isHelp(name, argv[token])
        ? help(name, argv, token)
        : unknown(compiled, argv[token] ?? '', name, token);
    case 'ambiguous-option': {
      const alternatives = problem.candidates.map(({ key }) => key);
      const sentence = `${name} is not a unique prefix: ${alternatives.join(', ')}`;
      return { kind: problem.kind, sentence, culprits, alternatives };
    }
    case 'missing-value': {
      const text = optionText(problem.option);
      const hints = [`write ${text}`];
      const sentence = `${name} needs a value`;
      return { kind: problem.kind, sentence, culprits, alternatives: [text], hints };
    }
    case 'unexpected-value':
      return { kind: problem.kind, sentence: `${name} takes no value`, culprits };
    default:
      return problem satisfies never;
  }
}

function isHelp(name: string, token: string | undefined): boolean {
  return name === '--help' || token === '-h';
}

function help(name: string, argv: readonly string[], token: number): Diagnosis {
  const other = argv.find((word, index) => index !== token && word !== '--');
  const sentence =
    other === undefined
      ? `${name} shows the usage and runs nothing`
      : `${name} does not go with ${/^--[^=]+/.exec(other)?.[0] ?? other}`;
  return { kind: 'help', sentence, culprits: [token] };
}

function unknown(compiled: Compiled, typed: string, name: string, token: number): Diagnosis {
  const options = compiled.usage.options.filter(({ key }) => compiled.keyNames.has(key));
  const { hint, alternatives } = name.startsWith('--')
    ? hintForLong(compiled, options, name)
    : hintForShort(compiled, options, typed);
  return {
    kind: 'unknown-option',
    sentence: `unknown option ${name}`,
    culprits: [token],
    alternatives,
    hints: [hint],
  };
}

interface Hint {
  readonly hint: string;
  readonly alternatives: readonly string[];
}

function hintForLong(compiled: Compiled, options: readonly UsageOption[], name: string): Hint {
  const near = nearest(name, [...options.flatMap(({ long }) => long ?? []), '--help']);
  if (near === undefined) return allOptions(compiled, options);
  const option = options.find(({ long }) => long === near);
  const text = option ? optionText(option) : near;
  return { hint: `did you mean ${text}?`, alternatives: [text] };
}

/** `-sites=a` is a stack of letters to docopt, and a slip to its writer. */
function hintForShort(compiled: Compiled, options: readonly UsageOption[], typed: string): Hint {
  const [, word = '', value = ''] = /^-([^=]*)(=.*)?$/s.exec(typed) ?? [];
  const longs = options.flatMap(({ long }) => long ?? []);
  const long = word.length < 2 ? undefined : nearest(`--${word}`, longs);
  if (long !== undefined) {
    const hint = `long options take two dashes: ${long}${value}`;
    return { hint, alternatives: [`${long}${value}`] };
  }
  const isNumber = /^-\.?\d/.test(typed);
  if (!isNumber || !compiled.declaresDashes) return allOptions(compiled, options);
  return { hint: `write -- ${typed} when it is no option`, alternatives: [] };
}

function allOptions({ usage }: Compiled, options: readonly UsageOption[]): Hint {
  const alternatives = options.map(optionText);
  const hint = options.length === 0 ? 'no options' : alternatives.join(', ');
  return { hint: `${usage.name} takes ${hint}`, alternatives };
}
