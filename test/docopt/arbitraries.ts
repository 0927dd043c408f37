import fc from 'fast-check';

/** A piece of a usage and argv it accepts, apart into options and words. */
interface Piece {
  readonly pattern: string;
  readonly options: readonly (readonly string[])[];
  readonly words: readonly string[];
}

const value = fc.oneof(
  fc.constantFrom('007', '1e3', 'true', '2024-01-01', '-5', '--n', '', 'a b', "it's", 'x=y', 'ü'),
  fc.string(),
);
const word = value.filter((text) => !text.startsWith('-'));

const flag = (name: string): fc.Arbitrary<Piece> =>
  fc.constant({ pattern: name, options: [[name]], words: [] });

const valued = (name: string): fc.Arbitrary<Piece> =>
  fc.tuple(value, fc.boolean()).map(([text, glued]) => ({
    pattern: `${name}=<v>`,
    options: [glued || text === '--' ? [`${name}=${text}`] : [name, text]],
    words: [],
  }));

const positional = (name: string): fc.Arbitrary<Piece> =>
  word.map((text) => ({ pattern: name, options: [], words: [text] }));

const command = (name: string): fc.Arbitrary<Piece> =>
  fc.constant({ pattern: name, options: [], words: [name] });

const leaf: fc.Arbitrary<Piece> = fc.oneof(
  fc.constantFrom('--all', '--dry_run', '-v', '-q').chain(flag),
  fc.constantFrom('--sites', '--out', '--with-default', '--Ünï').chain(valued),
  fc.constantFrom('<file>', 'NAME', '<in put>').chain(positional),
  fc.constantFrom('add', 'rm').chain(command),
);

const join = (pieces: readonly Piece[]): Piece => ({
  pattern: pieces.map(({ pattern }) => pattern).join(' '),
  options: pieces.flatMap(({ options }) => options),
  words: pieces.flatMap(({ words }) => words),
});

const nothing = { options: [], words: [] };

const { piece } = fc.letrec<{ piece: Piece }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('piece'), { minLength: 1, maxLength: 3 }).map((items) => {
      const all = join(items);
      return { ...all, pattern: `(${all.pattern})` };
    }),
    fc.tuple(tie('piece'), fc.boolean()).map(([item, given]) => ({
      ...(given ? item : nothing),
      pattern: `[${item.pattern}]`,
    })),
    fc.tuple(tie('piece'), tie('piece'), fc.boolean()).map(([a, b, first]) => ({
      ...(first ? a : b),
      pattern: `(${a.pattern} | ${b.pattern})`,
    })),
    tie('piece').chain((item) =>
      fc.integer({ min: 1, max: 2 }).map((times) => ({
        ...join(Array.from({ length: times }, () => item)),
        pattern: `(${item.pattern})...`,
      })),
    ),
  ),
}));

const defaults = '\n\nOptions:\n  --with-default=<v>  A value [default: 1 2]\n';

/** A usage body and argv that it accepts: options anywhere, words in order. */
export const usageAndArgv = fc
  .array(piece, { maxLength: 4 })
  .map(join)
  .chain(({ pattern, options, words }) =>
    fc
      .tuple(
        fc.shuffledSubarray([...options], { minLength: options.length }),
        fc.infiniteStream(fc.boolean()),
      )
      .map(([shuffled, optionNext]) => {
        const [left, right] = [[...shuffled], words.map((text) => [text])];
        const argv: string[] = [];
        for (const isOption of optionNext) {
          if (left.length + right.length === 0) break;
          argv.push(...((isOption ? left.shift() : right.shift()) ?? []));
        }
        return { body: pattern + defaults, argv };
      }),
  );
