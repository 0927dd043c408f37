import { messageOf } from '../errors.ts';
import { EngineError } from './error.ts';
import type { EngineFailure } from './error.ts';

/**
 * DuckDB's error as ours. Its class is told by the words its message starts with: the Node
 * package hands on nothing else of it.
 */
export function duckdbError(engine: string, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const text = messageOf(error);
  const failure = failureOf(text);
  // What follows is of the engine's settings, which are none of a user's.
  const [said = ''] = text.split(/\n\s*Possible solutions:?/);
  return new EngineError(`${engine}: ${said.trimEnd()}${advice(failure)}`, failure, error);
}

function failureOf(text: string): EngineFailure {
  if (text.startsWith('INTERRUPT Error')) return 'interrupted';
  if (text.includes('No space left on device') || text.includes('max_temp_directory_size')) {
    return 'disk-full';
  }
  return text.startsWith('Out of Memory Error') ? 'out-of-memory' : 'query';
}

function advice(failure: EngineFailure): string {
  switch (failure) {
    case 'out-of-memory':
      return '\nGive the engine more memory, run fewer invocations at once (--jobs=1), or choose a shorter window.';
    case 'disk-full':
      return '\nThe disk is full: free some space and run the same command again.';
    case 'interrupted':
    case 'query':
      return '';
    default:
      return failure satisfies never;
  }
}
