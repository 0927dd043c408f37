import { UsageError } from '../errors.ts';
import type { ArgvOptions } from './argv.ts';
import type { Usage } from './usage.ts';

export function explain(usage: Usage, argv: readonly string[], _options: ArgvOptions = {}): never {
  throw new UsageError(`${usage.name}: cannot read ${argv.join(' ')}`);
}
