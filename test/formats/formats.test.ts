import { describe, expect, test } from 'vitest';
import { isLogLine } from '../../lib/formats/access-log.ts';
import { compressionOf } from '../../lib/formats/compression.ts';
import { delimiterOf, fieldsOf } from '../../lib/formats/csv.ts';
import { formatOf, isParquet, recordOf } from '../../lib/formats/detect.ts';

const log = '::1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 12';

describe('access log lines', () => {
  test.each([
    log,
    `${log} "-" "Mozilla/5.0"`,
    `${log} "-" "says \\"hello\\"" 0.1 "x y" -`,
    'h - - [x] "" 400 0 "-" "-"',
    'h - me@example.com [x] "\\x16\\x03" - - "" ""\r',
  ])('%s', (line) => expect(isLogLine(line)).toBe(true));

  test.each([
    '',
    log.slice(0, 40),
    `${log} "-"`,
    `${log} "-" "Mozilla`,
    `${log} "-" "a"b"`,
    log.replace('[', ''),
    log.replace('200', '2xx'),
    'a b c',
  ])('not: %s', (line) => expect(isLogLine(line)).toBe(false));
});

test.each([
  ['1f8b0800', 'gzip'],
  ['28b52ffd', 'zstd'],
  ['7b226122', 'uncompressed'],
  ['', 'uncompressed'],
])('the bytes %s are %s', (hex, compression) => {
  expect(compressionOf('x', Buffer.from(hex, 'hex'))).toBe(compression);
});

test.each(['425a6839', 'fd377a585a00', '504b0304', '377abcaf271c'])(
  'the bytes %s are refused',
  (hex) => {
    expect(() => compressionOf('logs.x', Buffer.from(hex, 'hex'))).toThrow(
      /^'logs\.x' is .* unpack it first/,
    );
  },
);

test('a file that is only called Parquet is refused', () => {
  expect(() => compressionOf('logs.parquet', Buffer.from('a,b'))).toThrow(/no Parquet file/);
  expect(compressionOf('logs.parquet', Buffer.from('PAR1x'))).toBe('uncompressed');
});

test('Parquet is told by its first bytes', () => {
  expect(isParquet(Buffer.from('PAR1x'))).toBe(true);
  expect(isParquet(Buffer.from('{"a":1}'))).toBe(false);
});

describe('the format of lines', () => {
  test.each([
    [['{"a":1}', '{"b":2}'], 'jsonl'],
    [['--- rotated ---', '{"a":1}', '', '{"b":2}'], 'jsonl'],
    [[log, 'broken', log], 'clf'],
    [['ts,event', '1,a'], 'csv'],
    [['"a ""b""";c', 'x;y'], 'csv'],
    [['[1,2]', '{"a"'], 'csv'],
    [['Once upon a time'], undefined],
    [['', ' '], undefined],
    [[], undefined],
  ])('%j: %s', (lines, format) => expect(formatOf(lines)).toBe(format));
});

test('only objects are records', () => {
  expect(recordOf('{"a":1}')).toEqual({ a: 1 });
  for (const line of ['[1]', 'null', '"x"', '1', '{"a"', '']) {
    expect(recordOf(line)).toBeUndefined();
  }
});

describe('CSV headers', () => {
  test.each([
    ['a,b,c', ','],
    ['a;b', ';'],
    ['a\tb,c\td', '\t'],
    ['"a,b"|c', '|'],
    ['a', undefined],
  ])('%j is delimited by %j', (header, delimiter) => {
    expect(delimiterOf(header)).toBe(delimiter);
  });

  test.each([
    ['a,b\r', ['a', 'b']],
    ['\uFEFFa,b', ['a', 'b']],
    ['"a,""x""",,c', ['a,"x"', '', 'c']],
    ['', ['']],
  ])('%j has the fields %j', (line, fields) => expect(fieldsOf(line, ',')).toEqual(fields));
});
