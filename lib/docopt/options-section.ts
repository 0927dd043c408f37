import { refuse, type Source } from './refuse.ts';
import type { Span, UsageOption } from './usage.ts';

/** Reads the entries of one Options section. Throws UsageError for an entry that names no option. */
export function readOptions(source: Source, section: Span): UsageOption[] {
  const text = source.text.slice(section.start, section.end);
  const starts = [...text.matchAll(/(?:^|\n)[ \t]*(?=--?[^\s-])/g)].map(
    (m) => m.index + m[0].length,
  );
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? text.length;
    return readEntry(source, {
      start: section.start + start,
      end: section.start + start + text.slice(start, end).trimEnd().length,
    });
  });
}

function readEntry(source: Source, span: Span): UsageOption {
  const entry = source.text.slice(span.start, span.end);
  const head = /^[\s\S]*?(?= {2}|\t|\n|$)/.exec(entry)?.[0] ?? entry;
  const description = entry.slice(head.length).trim();
  const at = { start: span.start, end: span.start + head.length };
  const names: readonly string[] = head.match(/<[^>]*>|\[=|[^\s,=[\]<]+/g) ?? [];
  const long = names.find((name) => name.startsWith('--'));
  const short = names.find((name) => /^-[^-]$/u.test(name));
  const argument = names.find((name) => !name.startsWith('-') && name !== '[=');
  const key = long ?? short;
  const stranger = names.find((name) => name.startsWith('-') && name !== long && name !== short);
  if (key === undefined || stranger !== undefined) {
    refuse(source, `one short and one long name expected, not '${stranger ?? head}'`, at);
  }
  return {
    ...at,
    key,
    ...(short !== undefined && { short }),
    ...(long !== undefined && { long }),
    ...argumentOf(argument, description),
    optionalArgument: names.includes('[='),
    description: description.replace(/\s*\n\s*/g, ' '),
    described: true,
  };
}

function argumentOf(argument: string | undefined, description: string) {
  if (argument === undefined) return {};
  const value = readDefault(description);
  const choices = choicesOf(argument);
  return { argument, ...(value !== undefined && { default: value }), ...(choices && { choices }) };
}

/** The text of `[default: …]`: up to the last `]` of its line, or up to a `[values: …]`. */
function readDefault(description: string): string | undefined {
  const found = /\[default:[ \t]*(.*?)\][ \t]*\[values:|\[default:[ \t]*(.*)\]/i.exec(description);
  return found?.[1] ?? found?.[2];
}

/** The words of `<csv|json>`; undefined for any other argument name. */
export function choicesOf(argument: string): readonly string[] | undefined {
  if (!/^<[^<>]+\|[^<>]+>$/.test(argument)) return undefined;
  return argument
    .slice(1, -1)
    .split('|')
    .map((word) => word.trim());
}
