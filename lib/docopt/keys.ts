import { argName, keyOf, type Key, type Leaf, type Node, type UsageLine } from './usage.ts';

/** Every key of usage lines, in the order they name them. */
export function keysOf(lines: readonly UsageLine[]): Key[] {
  const keys = new Map<string, { leaf: Leaf; count: number }>();
  for (const line of lines) {
    for (const [key, { leaf, count }] of countLeaves(line.tree)) {
      keys.set(key, { leaf, count: Math.max(count, keys.get(key)?.count ?? 0) });
    }
  }
  return [...keys].map(([key, { leaf, count }]) => ({
    key,
    name: argName(key),
    ...kindOf(leaf),
    plural: count > 1,
  }));
}

function kindOf(leaf: Leaf): Pick<Key, 'kind' | 'option' | 'choices'> {
  if (leaf.type === 'command') return { kind: 'command' };
  const { choices } = leaf.type === 'option' ? leaf.option : leaf;
  const found = choices && { choices };
  if (leaf.type === 'positional') return { kind: 'positional', ...found };
  const kind = leaf.option.argument === undefined ? 'flag' : 'value';
  return { kind, option: leaf.option, ...found };
}

type Counts = Map<string, { leaf: Leaf; count: number }>;

/** How often each key can match: added up in a sequence, the greatest in a choice. */
export function countLeaves(node: Node): Counts {
  switch (node.type) {
    case 'option':
    case 'positional':
    case 'command':
      return new Map([[keyOf(node), { leaf: node, count: 1 }]]);
    case 'repeat':
      return combine([countLeaves(node.item)], (_, count) => count * 2);
    case 'choice':
      return combine(node.items.map(countLeaves), (before, count) => Math.max(before, count));
    case 'sequence':
    case 'optional':
    case 'options':
      return combine(node.items.map(countLeaves), (before, count) => before + count);
    default:
      return node satisfies never;
  }
}

function combine(
  parts: readonly Counts[],
  join: (before: number, count: number) => number,
): Counts {
  const all: Counts = new Map();
  for (const part of parts) {
    for (const [key, { leaf, count }] of part) {
      all.set(key, { leaf, count: join(all.get(key)?.count ?? 0, count) });
    }
  }
  return all;
}
