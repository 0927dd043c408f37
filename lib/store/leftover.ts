import { UsageError } from '../errors.ts';

/** What is given to be cleaned away is nothing that cut-off work leaves behind. */
export function noLeftover(name: string): UsageError {
  return new UsageError(
    `'${name}' is nothing that store:clean removes; expected a name as pipe -n store:clean shows it`,
  );
}
