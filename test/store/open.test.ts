import { expect, test } from 'vitest';
import { UsageError } from '../../lib/errors.ts';
import { openStore } from '../../lib/store/open.ts';
import { testEffects } from './system.ts';

const options = { cwd: '/home/ann', effects: testEffects() };

test.each([
  ['data', 'file:///home/ann/data'],
  ['./data/', 'file:///home/ann/data'],
  ['/srv/da ta', 'file:///srv/da%20ta'],
  ['file:///srv/data', 'file:///srv/data'],
  ['file:///srv/da%20ta/', 'file:///srv/da%20ta'],
  ['s3://bucket', 's3://bucket'],
  ['s3://bucket/some/prefix/', 's3://bucket/some/prefix'],
  ['a:b', undefined],
])('%s opens %s', async (uri, expected) => {
  const opened = await openStore(uri, options).catch(() => undefined);
  expect(opened?.uri).toBe(expected);
});

test.each([
  ['s3://', 'It names no bucket'],
  ['s3:/bucket/prefix', 'It names no bucket'],
  ['s3://bucket/a//b', 'doubles a "/"'],
  ['s3://bucket/../b', "the segment '..'"],
  ['gs://bucket', 'Expected a folder'],
  ['file://relative/path', 'no absolute file URI'],
  ['', 'It is empty'],
  ['~/data', '$HOME'],
  ['a\0b', 'NUL'],
])('%j is refused', async (uri, message) => {
  const opened = openStore(uri, options);
  await expect(opened).rejects.toBeInstanceOf(UsageError);
  await expect(opened).rejects.toThrow(message);
});
