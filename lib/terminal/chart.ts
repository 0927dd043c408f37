const eighths = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'] as const;
const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** A bar of at most `width` cells in steps of an eighth; anything above 0 can be seen. */
export function barOf(value: number, max: number, width: number): string {
  if (!(value > 0) || !(max > 0) || width < 1) return '';
  const steps = Math.min(width * 8, Math.max(1, Math.round((value / max) * width * 8)));
  return '█'.repeat(Math.floor(steps / 8)) + (eighths[(steps % 8) - 1] ?? '');
}

/**
 * One cell per number, scaled to the greatest of them, a space for each null. What is longer than
 * `width` is averaged, so that the shape stays.
 */
export function sparkOf(values: readonly (number | null)[], width: number): string {
  const shown = values.length > width ? averaged(values, width) : values;
  const max = Math.max(0, ...shown.map((value) => value ?? 0));
  return shown.map((value) => (value === null ? ' ' : levelOf(value, max))).join('');
}

function levelOf(value: number, max: number): string {
  const level = max > 0 ? Math.ceil((value / max) * levels.length) - 1 : 0;
  return levels[Math.max(0, level)] ?? levels[0];
}

function averaged(values: readonly (number | null)[], width: number): (number | null)[] {
  return Array.from({ length: width }, (_, cell) => {
    const start = Math.floor((cell * values.length) / width);
    const end = Math.floor(((cell + 1) * values.length) / width);
    const known = values.slice(start, end).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
}
