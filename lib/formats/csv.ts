/** The delimiter of a header line, the most frequent of `, ; | tab` outside quotes, or undefined if there is none. */
export function delimiterOf(header: string): string | undefined {
  const plain = header.replaceAll(/"(?:[^"]|"")*"/g, '');
  const counts = [',', ';', '\t', '|'].map((delimiter) => ({
    delimiter,
    count: plain.split(delimiter).length - 1,
  }));
  const best = counts.reduce((a, b) => (b.count > a.count ? b : a));
  return best.count > 0 ? best.delimiter : undefined;
}

/** The fields of one line as RFC 4180 has them, without a byte order mark. */
export function fieldsOf(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let rest = line.replace(/^\uFEFF/, '').replace(/\r$/, '');
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const end = rest.indexOf(delimiter, quoted?.[0].length ?? 0);
    const field = end < 0 ? rest : rest.slice(0, end);
    fields.push(quoted ? (quoted[1] ?? '').replaceAll('""', '"') : field);
    if (end < 0) return fields;
    rest = rest.slice(end + delimiter.length);
  }
}

/** One record as RFC 4180 has it, but for the line break of Unix; quotes stand where they are needed. */
export function csvLine(fields: readonly string[]): string {
  const quoted = fields.map((field) =>
    /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field,
  );
  // Without its quotes a record of one empty field would be no record.
  return `${fields.length === 1 && fields[0] === '' ? '""' : quoted.join(',')}\n`;
}
