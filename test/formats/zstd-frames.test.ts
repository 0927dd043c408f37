import { expect, test } from 'vitest';
import { isCompleteZstd } from '../../lib/formats/zstd-frames.ts';

function isComplete(bytes: Uint8Array): Promise<boolean> {
  const read = (offset: number, length: number) =>
    Promise.resolve(bytes.subarray(offset, offset + length));
  return isCompleteZstd(read, bytes.length);
}

/** A block of `length` bytes: raw, or a run that repeats one byte. */
function block(kind: 'raw' | 'run', length: number, isLast: boolean): Buffer {
  const header = Buffer.alloc(3);
  header.writeUIntLE((length << 3) | (kind === 'run' ? 2 : 0) | (isLast ? 1 : 0), 0, 3);
  return Buffer.concat([header, Buffer.alloc(kind === 'run' ? 1 : length)]);
}

/** A frame with a header of `rest` bytes behind the descriptor. */
function frame(descriptor: number, rest: number, ...blocks: readonly Buffer[]): Buffer {
  const magic = Buffer.from('28b52ffd', 'hex');
  return Buffer.concat([magic, Buffer.from([descriptor]), Buffer.alloc(rest), ...blocks]);
}

const plain = frame(0x00, 1, block('raw', 5, false), block('run', 1000, true));
const skippable = Buffer.concat([Buffer.from('502a4d1803000000', 'hex'), Buffer.alloc(3)]);

test.each([
  ['a frame', plain],
  ['with a single segment', frame(0x20, 1, block('raw', 3, true))],
  [
    'with a content size of 8 bytes and a dictionary id of 4',
    frame(0xc3, 13, block('raw', 0, true)),
  ],
  ['with a checksum', Buffer.concat([frame(0x04, 1, block('raw', 3, true)), Buffer.alloc(4)])],
  ['two frames and one to skip', Buffer.concat([plain, skippable, plain])],
])('%s is complete, and none of its beginnings is', async (_, bytes) => {
  expect(await isComplete(bytes)).toBe(true);
  const whole =
    bytes.length === plain.length ? [] : [plain.length, plain.length + skippable.length];
  for (let length = 1; length < bytes.length; length++) {
    if (whole.includes(length) && bytes.length > 2 * plain.length) continue;
    expect(await isComplete(bytes.subarray(0, length)), `${length} bytes`).toBe(false);
  }
});

test('other bytes are not complete', async () => {
  expect(await isComplete(Buffer.from('no zstd at all'))).toBe(false);
});
