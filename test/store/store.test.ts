import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openLocalStore } from '../../lib/store/local.ts';
import { openMemoryStore } from '../../lib/store/memory.ts';
import type { Store } from '../../lib/store/store.ts';
import { openS3Rig, patientLimits, type S3Rig } from './s3-rig.ts';
import { startS3Server, type S3Server } from '../rig/s3-server/server.ts';
import { storeContract, type StoreCase } from './contract.ts';
import { testEffects } from './system.ts';

for (const each of [memory(), local(), s3()]) storeContract(each);

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

function s3(): StoreCase {
  let server: S3Server;
  let rig: S3Rig;
  return {
    name: 's3',
    keepsEtagOfSameBytes: true,
    async open() {
      server = await startS3Server();
      // Small pages and parts, so that the suite goes through several of each.
      server.state.maxKeys = 3;
      rig = await openS3Rig(server, { limits: patientLimits });
      return rig.store;
    },
    reopen: async () => rig.reopen(),
    async close() {
      await rig.remove();
      await server.close();
    },
  };
}
