import { expect, test } from 'vitest';
import type { BadRecord } from '../../lib/formats/csv-records.ts';
import { jsonLines } from '../../lib/formats/json-lines.ts';
import { peek } from '../../lib/formats/peek.ts';

test('objects come as they are, other lines go with number and reason', async () => {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('\uFEFF{"a":1,"b":[nu');
    yield Buffer.from('ll]}\r\n\n[1]\n{"a":\n{"a":"\u2028é"}');
  }
  const bad: BadRecord[] = [];
  const records: unknown[] = [];
  for await (const one of jsonLines(await peek(pieces()), (line) => bad.push(line))) {
    records.push(one);
  }
  expect(records).toEqual([{ a: 1, b: [null] }, { a: '\u2028é' }]);
  expect(bad).toEqual([
    { line: 3, reason: 'no JSON object', text: '[1]' },
    { line: 4, reason: expect.stringContaining('JSON'), text: '{"a":' },
  ]);
});
