/** Files of a rig: with `register.mjs` imported, a command writes the modules that it loads to the file that `LOADED` names. */
export const listingFiles: Readonly<Record<string, string>> = {
  'register.mjs':
    "import { register } from 'node:module'; register('./hooks.mjs', import.meta.url);",
  'hooks.mjs': `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(process.env.LOADED, url + '\\n');
  return next(url, context);
}
`,
};
