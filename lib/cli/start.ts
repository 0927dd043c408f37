// The build puts this file alone into the command's own, and every Node from 10 on can read it: no `const`,
// no arrows, no templates. So an old Node gets as far as saying what is wrong.

/** The least Node that can run Pipe, as package.json has it. */
var least = '20.19';

/** Runs the command, or says that this Node is too old for it. */
export function start(): void {
  var problem = tooOld(process.versions.node);
  if (problem === '') {
    void import('./main.ts').then(function (cli) {
      return cli.main();
    });
  } else {
    console.error(problem);
    process.exitCode = 2;
  }
}

/** What to tell people with a Node of this version; nothing where it is new enough. */
export function tooOld(version: string): string {
  var parts = version.split('.').map(Number);
  var major = parts[0] || 0;
  var minor = parts[1] || 0;
  if (major > 20 || (major === 20 && minor >= 19)) return '';
  return (
    'pipe: this is Node ' +
    version +
    ', and Pipe needs ' +
    least +
    ' or later; install one from https://nodejs.org, or by: nvm install --lts'
  );
}
