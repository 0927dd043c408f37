import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalStore } from '../../lib/store/local.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Store } from '../../lib/store/store.ts';
import { storeContract, type StoreCase } from './contract.ts';
import { testEffects } from './system.ts';

for (const each of [memory(), local()]) storeContract(each);

function memory(): StoreCase {
  let store: Store;
  return {
    name: 'memory',
    open: async () => (store = openMemoryStore()),
    reopen: async () => store,
    close: async () => {},
  };
}

function local(): StoreCase {
  let folder: string;
  return {
    name: 'local',
    async open() {
      folder = await mkdtemp(join(tmpdir(), 'pipe-'));
      return openLocalStore(join(folder, 'not', 'there yet'), testEffects());
    },
    reopen: async () => openLocalStore(join(folder, 'not', 'there yet'), testEffects()),
    close: () => rm(folder, { recursive: true }),
  };
}
