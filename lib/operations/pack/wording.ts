import type { RowCounts } from '../../ledger/events.ts';

/** `1,234`. */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `512 bytes`, `78.1 MiB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const number = bytes / 1024 ** power;
  return `${power === 0 ? number : number.toFixed(1)} ${units[power]}`;
}

/** `under a second`, `40 s`, `12 min`, `6.5 h`. */
export function secondsText(seconds: number): string {
  if (seconds < 1) return 'under a second';
  if (seconds < 100) return `${Math.round(seconds)} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** `$14.18`, and `under $0.01`. */
export function dollarsText(dollars: number): string {
  if (dollars === 0) return '$0';
  return dollars < 0.01 ? 'under $0.01' : `$${dollars.toFixed(2)}`;
}

/** `300 attempted, 300 packed, 0 missing, 0 failed, in 12 s: 25 objects/s`. */
export function packedText(
  { in: keys, out, filtered, rejected }: RowCounts,
  about: string,
  seconds: number,
): string {
  const perSecond = Math.round(keys / Math.max(seconds, 0.001));
  const counts = [
    `${countText(keys)} attempted`,
    `${countText(out)} packed`,
    `${countText(filtered)} missing`,
    `${countText(rejected)} failed`,
  ];
  return `${[...counts, about].join(', ')}: ${countText(perSecond)} objects/s`;
}
