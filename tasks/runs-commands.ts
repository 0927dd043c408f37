import type { InvocationRecord, RunRecord } from '../lib/ledger/record.ts';
import { typedForm } from '../lib/run/renew.ts';
import type { Typed } from '../lib/run/renew.ts';

/** `pipe` and the options that a run was started with, but for the days that it looked back to: they differ from one meta-task to another. */
export function prefixOf({ command, invocations, renewBefore }: RunRecord): string {
  const [root] = invocations;
  const text = root && ` ${textOf({ ...root, kind: 'meta' }, renewBefore).text}`;
  return text && command.endsWith(text) ? command.slice(0, -text.length) : 'pipe';
}

/** Writes the command that does the same as an invocation of a run, with the options of that run; behind a `#` where nothing does. */
export function commandOf(run: RunRecord): (each: InvocationRecord) => string {
  const prefix = prefixOf(run);
  return (each) => {
    const { text, isComment } = textOf(each, run.renewBefore);
    return `${isComment ? '# ' : ''}${prefix} ${text}`;
  };
}

/** As in the run itself, where a secret was hidden in what had been quoted already. */
function textOf({ task, argv, kind }: InvocationRecord, renewBefore: string | undefined): Typed {
  const typed = typedForm(task, argv, kind === 'meta' ? renewBefore : undefined);
  return { ...typed, text: typed.text.replaceAll(`'***'`, '***') };
}
