import { keyOf, type Leaf, type Node, type Usage, type UsageOption } from './usage.ts';

/** An option as one writes it: `--sites=<sites>`, `-o <file>`, `--force`. */
export function optionText({ key, long, argument, optionalArgument }: UsageOption): string {
  if (argument === undefined) return key;
  if (optionalArgument) return `${key}[=${argument}]`;
  return long === undefined ? `${key} ${argument}` : `${long}=${argument}`;
}

export function leafText(leaf: Leaf): string {
  return leaf.type === 'option' ? optionText(leaf.option) : keyOf(leaf);
}

/** A part of a usage line as written, without the parentheses around it, on one line. */
export function nodeText(usage: Usage, node: Node): string {
  const [first, last] =
    node.type === 'sequence' ? [node.items[0] ?? node, node.items.at(-1) ?? node] : [node, node];
  return usage.text.slice(first.start, last.end).replace(/\\\n/g, ' ').replace(/\s+/g, ' ');
}

const MOST_LISTED = 8;

/** `a`, `a and b`, `a, b and c`; of many the first, and how many more. */
export function list(words: readonly string[], last = 'and'): string {
  if (words.length < 2) return words.join('');
  if (words.length > MOST_LISTED) {
    const shown = words.slice(0, MOST_LISTED - 1);
    return `${shown.join(', ')} ${last} ${words.length - shown.length} more`;
  }
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}
