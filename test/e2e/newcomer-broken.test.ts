import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallDisk } from '../faults/small-disk.ts';
import { installPacked } from '../rig/packed.ts';
import { createRig } from '../rig/rig.ts';
import type { Result, Rig } from '../rig/rig.ts';

// What somebody does wrong who has never seen Pipe: in a project that `pipe init` has made.
let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await installPacked(rig.folder);
  await shell('pipe init');
});
afterAll(() => rig.remove());

/** A line in a shell whose `pipe` is the installed one. */
function shell(line: string, env: Readonly<Record<string, string>> = {}): Promise<Result> {
  return rig.shell(`PATH="${rig.path('node_modules/.bin')}:$PATH"; ${line}`, { env });
}

const broken = (
  part: string,
  usage = '--site=<site>',
): string => `import { defineTask } from 'pipe';

export const broken = defineTask({
  name: 'broken:task',
  summary: 'Break',
  usage: '${usage}',
  ${part}
});
`;

interface Way {
  readonly files?: Readonly<Record<string, string>>;
  readonly line?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly code: number;
  /** Culprit, place and next step. */
  readonly says: readonly string[];
  /** The line with the caret, and how far in the caret stands. */
  readonly points?: string;
}

const ways: Readonly<Record<string, Way>> = {
  'a typo in a usage': {
    files: { 'tasks/broken.ts': broken('run() {},', '--site=<site> [--loud') },
    code: 2,
    says: ['tasks/broken.ts:3:', "unmatched '['"],
    points: '--site=<site> [--loud\n                ^',
  },
  'a typo in an option': {
    line: 'pipe hello:world -- --nmae=Ann',
    code: 2,
    says: ['unknown option --nmae', 'did you mean --name=<name>?'],
    points: 'pipe hello:world -- --nmae=Ann\n                      ^^^^^^^^^^',
  },
  'a typo in a name': {
    line: 'pipe helo:world -- --name=Ann',
    code: 2,
    says: ["unknown task 'helo:world'", 'did you mean hello:world?'],
  },
  'a task that is not exported': {
    files: { 'tasks/broken.ts': broken('run() {},').replace('export ', '') },
    code: 2,
    says: ["unknown task 'broken:task'", 'tasks/broken.ts exports none'],
  },
  'the command of another tool': {
    line: 'pipe run hello:world -- --name=Ann',
    code: 2,
    says: ["unknown command 'run'", 'did you mean pipe hello:world?'],
  },
  'a value of the wrong type': {
    line: 'pipe stats:clicks -- --sites=a --days-ago=soon',
    code: 2,
    says: ["--days-ago: 'soon' is not a whole number", 'write for example --days-ago=7'],
  },
  'a value used as the wrong type': {
    files: { 'tasks/broken.ts': broken("run: (args) => args.site.push('x'),") },
    code: 1,
    says: [
      'args.site.push is not a function',
      '$RIG/tasks/broken.ts:7:28',
      'rerun: pipe broken:task -- --site=a',
    ],
    points: "  run: (args) => args.site.push('x'),\n                               ^",
  },
  'an unknown field in the config': {
    files: { 'pipe.config.ts': "export default { stroe: 'x' };" },
    code: 2,
    says: ["pipe.config.ts: unknown field 'stroe'", "did you mean 'store'?"],
  },
  'a wrong type in the config': {
    files: { 'pipe.config.ts': "export default { jobs: 'many' };" },
    code: 2,
    says: ["pipe.config.ts: jobs is 'many', expected a number such as 4"],
  },
  'a wrong value in the config': {
    files: { 'pipe.config.ts': 'export default { jobs: 0 };' },
    code: 2,
    says: ["pipe.config: jobs: '0' is not a whole number from 1 to 1024", 'jobs: 7'],
  },
  'a config that is not there': {
    files: { 'pipe.config.ts': "import { store } from './place.ts';\nexport default { store };" },
    code: 2,
    says: ['pipe.config.ts:1:23: Could not resolve "./place.ts"'],
    points: "import { store } from './place.ts';\n                        ^",
  },
  'a config in the environment': {
    line: 'pipe hello:world -- --name=Ann',
    env: { PIPE_TIMEZONE: 'Berlin' },
    code: 2,
    says: ["PIPE_TIMEZONE: 'Berlin' is not an IANA time zone", 'did you mean Europe/Berlin?'],
  },
  'a store of an unknown kind': {
    line: 'pipe --store=ftp://host/x hello:world -- --name=Ann',
    code: 2,
    says: ["'ftp://host/x'", "The scheme 'ftp:' is not supported", 's3://bucket/prefix'],
  },
  'a store with a slash too few': {
    line: 'pipe --store=s3:/bucket hello:world -- --name=Ann',
    code: 2,
    says: ["'s3:/bucket'", 'It names no bucket', 's3://bucket/prefix'],
  },
  'a store that is a file': {
    line: 'pipe --store=.gitignore hello:world -- --name=Ann',
    code: 1,
    says: ['$RIG/.gitignore', 'a file stands where a folder is expected', '--store=<folder>'],
  },
  'a task that throws': {
    files: { 'tasks/broken.ts': broken("run() {\n    throw new Error('no luck');\n  },") },
    code: 1,
    says: ['no luck', '$RIG/tasks/broken.ts:8:11', 'rerun: pipe broken:task -- --site=a'],
    points: "    throw new Error('no luck');\n              ^",
  },
  'a file that throws': {
    files: { 'tasks/broken.ts': 'const none: string[] = [];\nconsole.log(none[0].length);\n' },
    code: 2,
    says: ['tasks/broken.ts:2:21: Cannot read properties of undefined'],
    points: 'console.log(none[0].length);\n                      ^',
  },
  'two tasks of one name': {
    files: { 'tasks/broken.ts': broken('run() {},'), 'tasks/twice.ts': broken('run() {},') },
    code: 2,
    says: ["'broken:task'", 'one in tasks/broken.ts, one in tasks/twice.ts', 'rename one of them'],
  },
  'a syntax error': {
    files: { 'tasks/broken.ts': 'export const broken = = 1;\n' },
    code: 2,
    says: ['tasks/broken.ts:1:23: Unexpected "="'],
    points: 'export const broken = = 1;\n                        ^',
  },
  'an import that pipe does not have': {
    files: {
      'tasks/broken.ts': "import { definTask } from 'pipe';\nexport const x = definTask;\n",
    },
    code: 2,
    says: ["tasks/broken.ts:1:10: 'pipe' exports no 'definTask'", 'did you mean defineTask?'],
    points: "import { definTask } from 'pipe';\n           ^",
  },
  'a package that is not installed': {
    files: { 'tasks/broken.ts': "import pad from 'left-padd';\nexport const x = pad;\n" },
    code: 2,
    says: ["tasks/broken.ts:1:18: cannot find package 'left-padd'", 'npm install left-padd'],
    points: "import pad from 'left-padd';\n                   ^",
  },
  'an old Node': {
    files: { 'old.cjs': "Object.defineProperty(process.versions, 'node', { value: '18.20.4' });" },
    line: 'pipe hello:world -- --name=Ann',
    env: { NODE_OPTIONS: '--require ./old.cjs' },
    code: 2,
    says: ['this is Node 18.20.4', 'needs 20.19 or later', 'https://nodejs.org'],
  },
};

describe('broken by', () => {
  const config = "export default { store: 'data' };\n";

  test.each(Object.entries(ways))('%s', async (_what, way) => {
    const { files = {}, line = 'pipe broken:task -- --site=a', env = {}, code, says, points } = way;
    await rig.write(files);
    try {
      const result = await shell(line, env);
      expect(result).toMatchObject({ code, stdout: '' });
      for (const part of [...says, ...(points === undefined ? [] : [points])]) {
        expect(result.stderr).toContain(part);
      }
      // No page of frames, of which a newcomer understands nothing.
      expect(result.stderr).not.toMatch(/^ +at /m);
    } finally {
      for (const name of Object.keys(files)) await rm(rig.path(name));
      await rig.write({ 'pipe.config.ts': config });
    }
  });

  test.skipIf(!existsSync('/sys/kernel'))('no permission', async () => {
    // Where not even root may make a folder.
    const { code, stdout, stderr } = await shell(
      'pipe --store=/sys/pipe hello:world -- --name=Ann',
    );
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/'\/sys\/pipe.*(?:not permitted|permission denied|read-only)/);
    expect(stderr).toContain('--store=<folder>');
  });

  test('a disk without space', async (context) => {
    const disk = smallDisk();
    if (!disk) return context.skip('no file system may be mounted here');
    try {
      await disk.fill();
      const store = join(disk.folder, 'store');
      const { code, stderr } = await shell(`pipe --store=${store} hello:world -- --name=Ann`);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/no space left on the disk.*Free some space/),
      });
      expect(stderr).toContain(disk.folder);
      const doctor = await shell(`pipe --store=${store} doctor`);
      expect(doctor).toMatchObject({
        code: 1,
        stdout: expect.stringMatching(/^failed +disk.*\n +-> /m),
      });
      const init = await shell(`pipe init ${join(disk.folder, 'project')}`);
      expect(init).toMatchObject({ code: 1, stderr: expect.stringContaining(disk.folder) });
    } finally {
      disk.remove();
    }
  });
});
