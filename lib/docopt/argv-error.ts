import { UsageError } from '../errors.ts';
import type { Span, UsageLine } from './usage.ts';

export type ArgvProblem =
  | 'unknown-option'
  | 'ambiguous-option'
  | 'missing-value'
  | 'unexpected-value'
  | 'bad-value'
  | 'missing'
  | 'incomplete'
  | 'conflict'
  | 'repeated'
  | 'unexpected-argument'
  | 'help';

/** Argv that a usage does not take. Its message points into the command and the usage line. */
export class ArgvError extends UsageError {
  readonly kind: ArgvProblem;
  /** The words of argv that are to blame. */
  readonly tokens: readonly string[];
  /** What would have to be added, as the usage writes it. */
  readonly missing: readonly string[];
  /** What could be written instead. */
  readonly alternatives: readonly string[];

  constructor(
    message: string,
    details: Pick<ArgvError, 'kind' | 'tokens' | 'missing' | 'alternatives'>,
  ) {
    super(message);
    this.kind = details.kind;
    this.tokens = details.tokens;
    this.missing = details.missing;
    this.alternatives = details.alternatives;
  }

  /** What `--json` prints. */
  toJSON(): object {
    const { kind, tokens, missing, alternatives, message } = this;
    return { kind, message: message.split('\n', 1)[0], tokens, missing, alternatives };
  }
}

/** What is wrong with argv, before it is laid out as text. */
export interface Diagnosis {
  readonly kind: ArgvProblem;
  /** One sentence, culprit first. */
  readonly sentence: string;
  /** Indexes of the tokens to point at. */
  readonly culprits: readonly number[];
  /** The usage line to show, and what to mark in it. */
  readonly line?: UsageLine;
  readonly marks?: readonly Span[];
  readonly missing?: readonly string[];
  readonly alternatives?: readonly string[];
  /** At most two; a hint may have several lines. */
  readonly hints?: readonly string[];
}
