import { spawn } from 'node:child_process';
import { benchIngest } from './ingest.ts';
import { benchIsolate } from './isolate.ts';
import { benchJoin } from './join.ts';
import { benchLeaves } from './leaves.ts';
import { benchLedger } from './ledger.ts';
import { benchPack } from './pack.ts';
import { benchPackS3 } from './pack-s3.ts';
import { benchS3 } from './s3.ts';
import { benchPageloads } from './pageloads.ts';
import { benchPlan } from './plan.ts';
import { benchSample } from './sample.ts';
import { benchSnapshot } from './snapshot.ts';
import { benchStartup } from './startup.ts';

/** By name; a number behind the name, as in `pageloads=1000000`, is the size. */
const benches: Readonly<Record<string, (size?: number) => Promise<readonly object[]>>> = {
  startup: benchStartup,
  plan: benchPlan,
  // The npm package docopt replaces String.prototype.startsWith by a slow one for everybody.
  docopt: async () => (await import('./docopt.ts')).benchDocopt(),
  leaves: (size) => benchLeaves(size ? [size] : [10_000, 100_000, 1_000_000]),
  isolate: benchIsolate,
  ledger: benchLedger,
  sample: benchSample,
  pageloads: benchPageloads,
  ingest: benchIngest,
  pack: (size) => benchPack(size ? [size] : [20_000, 100_000]),
  s3: (size) => benchS3(size ?? 2 ** 30),
  join: (size) => benchJoin(size ?? 5_000_000),
  snapshot: (size) => benchSnapshot(size ?? 50_000_000),
  'pack-s3': (size) => benchPackS3(size ? [size] : [20_000, 100_000]),
};

const [given, ...more] = process.argv.slice(2);
if (given !== undefined && more.length === 0) await run(given);
else for (const name of given ? [given, ...more] : Object.keys(benches)) await runAlone(name);

async function run(argument: string): Promise<void> {
  const [name = '', size] = argument.split('=');
  const bench = benches[name];
  if (!bench) throw new Error(`no bench '${name}'; there are ${Object.keys(benches).join(', ')}`);
  console.log(`\n${name}`);
  console.table(await bench(size ? Number(size) : undefined));
}

/** Each in a process of its own, so that none pays for the memory of another. */
function runAlone(argument: string): Promise<void> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', argument], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`the bench '${argument}' failed`)),
    );
  });
}
