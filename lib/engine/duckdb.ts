import { createRequire } from 'node:module';
import type { Engine, EngineOptions } from './engine.ts';

/**
 * An embedded DuckDB with one connection and a spill folder of its own, which `close` removes.
 * Extensions are never downloaded, the zone is UTC, statements run one after another.
 * Throws {@link EngineError}.
 */
export async function openDuckDB(options: EngineOptions = {}): Promise<Engine> {
  // Loading the native module takes 140 ms, so only a run that needs it pays.
  const { DuckDB } = await import('./duckdb-engine.ts');
  return DuckDB.open(engineId(), options);
}

/** Name and version of the embedded engine, `duckdb 1.5.6`, without loading it. */
export function engineId(): string {
  const manifest: { readonly version: string } = createRequire(import.meta.url)(
    '@duckdb/node-api/package.json',
  );
  return `duckdb ${manifest.version.replace(/-r\.\d+$/, '')}`;
}
