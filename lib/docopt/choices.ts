import type { ArgValues } from './args.ts';
import type { Compiled } from './compile.ts';

export function refuseChoices(_c: Compiled, _args: ArgValues, _argv: readonly string[]): void {}
