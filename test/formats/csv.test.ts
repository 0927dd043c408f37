import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine, fieldsOf } from '../../lib/formats/csv.ts';

test('a record is read as it was written', () => {
  const fields = fc.array(fc.string(), { minLength: 1 });
  fc.assert(
    fc.property(fields, (record) => {
      // A byte order mark is none inside a file, and readers drop it.
      fc.pre(!record[0]?.startsWith('\uFEFF'));
      const line = csvLine(record);
      expect(line.endsWith('\n')).toBe(true);
      expect(fieldsOf(line.slice(0, -1), ',')).toEqual(record);
    }),
  );
});

test('quotes stand where they are needed', () => {
  expect(csvLine(['a b', '', 'c,d', 'e"f', 'g\nh', '1.5'])).toBe('a b,,"c,d","e""f","g\nh",1.5\n');
  expect(csvLine([''])).toBe('""\n');
});
