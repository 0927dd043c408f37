import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quote } from '../../lib/docopt/quote.ts';
import type { InvocationFinished, RunEvent } from '../../lib/ledger/events.ts';
import { Mask } from '../../lib/ledger/mask.ts';
import { at, eventsOf } from './events.ts';

/** As long as a password may be, of any characters but those of the mask. */
const secrets = fc
  .string({ unit: 'grapheme', minLength: 4, maxLength: 40 })
  .filter((secret) => !secret.includes('*'));

describe('a known secret', () => {
  test('is in no text of an event, however it is written there', () => {
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (secret, before, after) => {
        const mask = new Mask([secret]);
        const argv = [`--token=${secret}`, secret, `${before}${secret}${after}`];
        const command = `pipe harvest:get -- ${quote(argv)}`;
        const started: RunEvent = { ...begin, argv };
        const finished: RunEvent = {
          ...end,
          outputs: [`a/site=${secret}/`],
          error: {
            message: `GET https://example.org/?q=${encodeLoosely(secret)}: ${before}${secret}${after}`,
            chain: [secret],
            command,
            exitCode: 1,
            stack: `Error: ${JSON.stringify({ secret })}\n  at ${secret}`,
          },
        };
        for (const event of [started, finished]) {
          const masked = mask.event(event);
          expect(textsOf(masked).filter((text) => text.includes(secret))).toEqual([]);
          expect(masked).toMatchObject({ type: event.type, id: 2, kind: 'leaf' });
        }
        expect(mask.text(command)).toContain('pipe harvest:get -- --token=***');
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['s3cret', 'pipe a:b -- --token=s3cret --n=1', 'pipe a:b -- --token=*** --n=1'],
    ["it's", `pipe a:b -- --token='it'\\''s' x`, 'pipe a:b -- --token=*** x'],
    ['a b', `pipe a:b -- --token='a b'`, 'pipe a:b -- --token=***'],
    ['say "hi"', '{"token":"say \\"hi\\""}', '{"token":"***"}'],
    ['p@ss/word', 'https://h/?q=p%40ss%2Fword', 'https://h/?q=***'],
    ['x', 'pipe x:exit -- --token=x --max=x1', 'pipe ***:exit -- --token=*** --max=x1'],
    ['ab**', 'abab****', '******'],
    ['.*', 'all of .* it', 'all of *** it'],
  ])('%s: %s', (secret, text, masked) => {
    expect(new Mask([secret]).text(text)).toBe(masked);
  });

  test('that is part of another is hidden with it', () => {
    expect(new Mask(['secret', 'secret-2']).text('secret-2 secret')).toBe('*** ***');
  });

  test('is not nothing, and not the mask itself', () => {
    const mask = new Mask(['', '*', '***']);
    expect(mask.text('2 * 3')).toBe('2 * 3');
  });

  test('may be a word that readers go by, which stays', () => {
    expect(new Mask(['done', 'leaf']).event(end)).toEqual(end);
  });
});

describe('what looks like a secret', () => {
  const key = `AKIA${'IOSFODNN7EXAMPLE'}`;
  test.each([
    [`key ${key}.`, 'key ***.'],
    ['Authorization: Bearer abc.def-123', 'Authorization: ***'],
    ['{"authorization":"Basic dXNlcjpwYXNz"}', '{"authorization":"***"}'],
    ['sent bearer 0123456789abcdef', 'sent bearer ***'],
    ['postgres://ann:p@ss:w0rd@db/x', 'postgres://ann:***@db/x'],
    ['https://ghs0123456789abcdef@github.com/x', 'https://***@github.com/x'],
    ['https://hooks.slack.com/services/T0/B0/XYZ', 'https://hooks.slack.com/services/***'],
    ['s3://b/k?X-Amz-Signature=abc&x=1', 's3://b/k?X-Amz-Signature=***&x=1'],
    [`token ${'ghp_'}${'a'.repeat(36)}`, 'token ***'],
    ['--db-password=hunter2 --n=1', '--db-password=*** --n=1'],
    [`--url='https://h/?api_key=k-1' --n='x y'`, `--url='https://h/?api_key=***' --n='x y'`],
    [`--password='it'\\''s me' --n=1`, '--password=*** --n=1'],
    [`--password=it's --n=1`, '--password=*** --n=1'],
    [`--api-key='a b' c`, '--api-key=*** c'],
    ['host=h password="x y" user=u', 'host=h password=*** user=u'],
    ['{"password": "a\\"b", "n": 1}', '{"password": "***", "n": 1}'],
    ['aws_secret_access_key=abc/def+1', 'aws_secret_access_key=***'],
    [`a\n-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\nb`, 'a\n***\nb'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig-1', 'jwt ***'],
  ])('%s', (text, masked) => {
    const mask = new Mask();
    expect(mask.text(text)).toBe(masked);
    expect(mask.text(masked)).toBe(masked);
  });

  test.each([
    'pipe stats:multi -- --sites=a,b --days-ago=7',
    'https://example.org:8080/a@b?c=d',
    'events/site=a/date=2026-11-20/data.parquet',
    "unexpected token: '}' at line 3; write for example --max-tokens=5 --page-token-file=x",
    'commit 0123456789abcdef0123456789abcdef01234567',
    'ann@example.org wrote to s3://bucket/prefix',
  ])('but not %s', (text) => {
    expect(new Mask().text(text)).toBe(text);
  });

  test('is looked for in one go, however long the text is', () => {
    const mask = new Mask(['secret']);
    for (const part of [
      'a',
      'a-',
      '://',
      '"',
      "='",
      'bearer ',
      'password',
      'eyJ.',
      '-----BEGIN ',
    ]) {
      const text = part.repeat(1_000_000 / part.length);
      expect(mask.text(text).length, part).toBe(text.length);
    }
  });
});

test('events without secrets are what they were', () => {
  const mask = new Mask(['s3cret']);
  for (const event of eventsOf('r')) expect(mask.event(event)).toEqual(event);
});

const begin = { type: 'invocation-started', at: at(0), id: 2, kind: 'leaf', task: 'a:b' } as const;
const end: InvocationFinished = {
  type: 'invocation-finished',
  at: at(0),
  id: 2,
  kind: 'leaf',
  status: 'done',
  durationMs: 1,
};

function encodeLoosely(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Every text in a value but the words that readers go by. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const words = ['type', 'at', 'kind', 'status', 'task'];
  return Object.entries(value).flatMap(([name, field]) =>
    words.includes(name) ? [] : textsOf(field),
  );
}
