import { choicesOf } from './options-section.ts';
import { refuse, type Source } from './refuse.ts';
import type { OptionLeaf, Span, UsageOption } from './usage.ts';

/** An option that is still being read. */
export type Entry = { -readonly [K in keyof UsageOption]: UsageOption[K] };

/** The options known while usage lines are read: those described, then those met on the way. */
export class OptionTable {
  readonly options: Entry[] = [];
  /** What `[options]` stands for: the described options that no usage line names. */
  readonly rest: OptionLeaf[] = [];
  readonly #named = new Set<Entry>();
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Adds an option of an Options section. Throws UsageError when it is described already. */
  describe(option: UsageOption): void {
    for (const name of [option.long, option.short]) {
      if (name !== undefined && this.find(name)) {
        refuse(this.#source, `${name} is described twice`, option);
      }
    }
    this.options.push({ ...option });
  }

  find(name: string): Entry | undefined {
    return this.options.find((option) => option.long === name || option.short === name);
  }

  /** The option of this name as a usage line uses it; one that is not known yet is added. */
  use(name: string, span: Span): Entry {
    const option = this.find(name) ?? this.#add(name, span);
    this.#named.add(option);
    return option;
  }

  /** The argument a usage line writes; allowed values may stand there or in the Options section. */
  bind(option: Entry, argument: string, optionalArgument: boolean): void {
    option.argument ??= argument;
    option.optionalArgument ||= optionalArgument;
    const choices = option.choices ?? choicesOf(argument);
    if (choices) option.choices = choices;
  }

  /** Fills `rest` once every usage line is read. */
  finish(): void {
    for (const option of this.options) {
      if (this.#named.has(option)) continue;
      this.rest.push({ type: 'option', option, start: option.start, end: option.end });
    }
  }

  #add(name: string, span: Span): Entry {
    const option: Entry = {
      start: span.start,
      end: span.end,
      key: name,
      ...(name.startsWith('--') ? { long: name } : { short: name }),
      optionalArgument: false,
      description: '',
      described: false,
    };
    this.options.push(option);
    return option;
  }
}
