import { ArgvError, type Diagnosis } from './argv-error.ts';
import { readArgv, type ArgvOptions } from './argv.ts';
import type { Compiled } from './compile.ts';
import { diagnoseRepair } from './diagnose.ts';
import { layout } from './layout.ts';
import { cheapestRepair } from './repair.ts';
import { diagnoseProblem } from './unreadable.ts';
import type { Usage } from './usage.ts';
import { nodeText } from './wording.ts';

/** Throws the ArgvError that says why argv, without separator, does not match and what would. */
export function explain(
  compiled: Compiled,
  argv: readonly string[],
  options: ArgvOptions = {},
): never {
  throw argvError(compiled.usage, argv, diagnose(compiled, argv, options), options);
}

/** The error for what was found wrong with argv, laid out for a terminal. */
export function argvError(
  usage: Usage,
  argv: readonly string[],
  diagnosis: Diagnosis,
  options: ArgvOptions = {},
): ArgvError {
  return new ArgvError(layout(usage, argv, diagnosis, options), {
    kind: diagnosis.kind,
    tokens: diagnosis.culprits.flatMap((index) => argv[index] ?? []),
    missing: diagnosis.missing ?? [],
    alternatives: diagnosis.alternatives ?? [],
  });
}

function diagnose(compiled: Compiled, argv: readonly string[], options: ArgvOptions): Diagnosis {
  const read = readArgv(compiled.usage, compiled.names, argv, options);
  if (read.problem) return diagnoseProblem(compiled, argv, read.problem);
  if (argv.length === 0 && compiled.usage.lines.length > 1) return nothingGiven(compiled.usage);
  const repair = cheapestRepair(compiled, read);
  if (repair) return diagnoseRepair(compiled, read, repair);
  return { kind: 'unexpected-argument', sentence: 'it has no usage line', culprits: [] };
}

/** With several usage lines no one of them is closer to nothing than another. */
function nothingGiven(usage: Usage): Diagnosis {
  const alternatives = usage.lines
    .filter(({ tree }) => tree.items.length > 0)
    .map(({ tree }) => nodeText(usage, tree));
  return {
    kind: 'missing',
    sentence: 'arguments are missing',
    culprits: [],
    alternatives,
    hints: [['give one of', ...alternatives.map((text) => `  ${text}`)].join('\n  ')],
  };
}
