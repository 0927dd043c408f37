import type { Engine } from '../../engine/engine.ts';
import type { Staging, Store } from '../../store/store.ts';

/** What looking at data touches. */
export interface DataEffects {
  readonly store: Store;
  /** Where relative paths start. */
  readonly cwd: string;
  readonly openStore: (uri: string) => Promise<Store>;
  engine(): Promise<Engine>;
  staging(): Promise<Staging>;
}
