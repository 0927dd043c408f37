const decimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** `1,234,567`, `0.25`: thousands separated, at most two decimals. */
export function formatNumber(value: number): string {
  return decimal.format(value);
}

/** `1 failure`, `1,234 failures`. */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** Milliseconds as `12 ms`, `1.2 s`, `1 m 05 s`, `2 h 03 m` or `3 d 04 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1000) return `${ms} ms`;
  // Compared after rounding, so that 59.96 s is a minute and not "60.0 s".
  const tenths = Math.round(ms / 100);
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return pair(seconds, 60, 'm', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return pair(minutes, 60, 'h', 'm');
  return pair(Math.round(minutes / 60), 24, 'd', 'h');
}

function pair(amount: number, per: number, large: string, small: string): string {
  const rest = String(amount % per).padStart(2, '0');
  return `${Math.floor(amount / per)} ${large} ${rest} ${small}`;
}

const byteUnits = ['kB', 'MB', 'GB', 'TB', 'PB'] as const;

/** Bytes in powers of 1000: `512 B`, `1.5 kB`, `12 MB`. */
export function formatBytes(bytes: number): string {
  if (Math.abs(bytes) < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = 'B';
  for (const next of byteUnits) {
    // Compared as rounded below, so that 999,999 B is "1 MB" and not "1000 kB".
    if (Math.abs(value) < 999.5 && unit !== 'B') break;
    value /= 1000;
    unit = next;
  }
  return `${Math.abs(value) < 9.95 ? Number(value.toFixed(1)) : Math.round(value)} ${unit}`;
}
