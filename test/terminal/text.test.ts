import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, displayWidth, oneLine, padding, printable } from '../../lib/terminal/text.ts';

test.each([
  ['', 0],
  ['stats:multi', 11],
  ['日本', 4],
  ['ｱｲ', 2],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['❤️', 2],
  ['▏█…', 3],
  ['한글', 4],
])('%s takes %d cells', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test('what is cut off becomes an ellipsis, and a wide character is never halved', () => {
  expect(cut('stats:multi', 11)).toBe('stats:multi');
  expect(cut('stats:multi', 6)).toBe('stats…');
  expect(cut('日本語', 4)).toBe('日…');
  expect(cut('日本語', 0)).toBe('');
});

test('cut text fits, and padding fills it up exactly', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(20), (text, width) => {
      const shown = cut(text, width);
      expect(displayWidth(shown)).toBeLessThanOrEqual(width);
      expect(displayWidth(shown) + padding(shown, width).length).toBe(width);
    }),
  );
});

test('control characters are shown, not obeyed', () => {
  expect(printable('a\x1b[31mb\x07\x7f\x9b')).toBe('a␛[31mb␇\ufffd\ufffd');
  expect(printable('a\tb\r\nc')).toBe('a  b\nc');
  expect(printable('a\u202eb\u2028c')).toBe('a\ufffdb\ufffdc');
  expect(oneLine(' a\n  b ')).toBe('a b');
});

test('no text reaches the terminal with a control character', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(/[^\P{Cc}\n]/u.test(printable(text))).toBe(false);
    }),
  );
});
