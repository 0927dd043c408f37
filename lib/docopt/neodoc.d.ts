// The package has no types; this is the part of it that is used.
declare module 'neodoc' {
  export interface Specification {
    /** For each usage line its alternatives. */
    readonly layouts: readonly (readonly Branch[])[];
    readonly descriptions: readonly Description[];
  }

  export type Branch = readonly Layout[];

  export type Layout =
    | { readonly type: 'Elem'; readonly elem: Element }
    | {
        readonly type: 'Group';
        readonly optional: boolean;
        readonly repeatable: boolean;
        readonly branches: readonly Branch[];
      };

  export interface Argument {
    readonly name: string;
    readonly optional: boolean;
  }

  export type Element =
    | {
        readonly type: 'Command' | 'Positional';
        readonly name: string;
        readonly repeatable: boolean;
      }
    | {
        readonly type: 'Option';
        readonly name: string;
        readonly argument?: Argument | null;
        readonly repeatable: boolean;
      }
    | {
        readonly type: 'OptionStack';
        readonly chars: readonly string[];
        readonly argument?: Argument | null;
        readonly repeatable: boolean;
      }
    | { readonly type: 'Reference'; readonly name: string }
    | { readonly type: 'EOA' | 'Stdin' };

  export interface Description {
    readonly type: string;
    readonly aliases?: readonly string[];
    readonly argument?: Argument | null;
    readonly default?: unknown;
  }

  export function parse(text: string): Specification;
}
