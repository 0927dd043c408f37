import { UserError } from '../errors.ts';

export type Compression = 'uncompressed' | 'gzip' | 'zstd';

/** How a file is compressed, told by its first bytes, whatever its name says. Throws for kinds that cannot be read. */
export function compressionOf(name: string, head: Uint8Array): Compression {
  const hex = Buffer.from(head.subarray(0, 6)).toString('hex');
  if (hex.startsWith('1f8b')) return 'gzip';
  if (hex.startsWith('28b52ffd')) return 'zstd';
  const other = unreadable.find(({ magic }) => hex.startsWith(magic));
  if (other) {
    throw new UserError(
      `'${name}' is ${other.kind}. Expected plain text, .gz, .zst or Parquet; unpack it first.`,
    );
  }
  // Not to be taken for text: it would be a table of rubbish.
  if (/\.parquet$/i.test(name) && head.length > 0 && !hex.startsWith(parquetMagic)) {
    throw new UserError(
      `'${name}' is no Parquet file, although its name says so; fetch it again, or rename it`,
    );
  }
  return 'uncompressed';
}

const parquetMagic = '50415231';

const unreadable = [
  { magic: '425a68', kind: 'bzip2' },
  { magic: 'fd377a585a00', kind: 'xz' },
  { magic: '504b0304', kind: 'a zip archive' },
  { magic: '377abcaf271c', kind: 'a 7z archive' },
];
