/** Places on an axis with what is written there. */
export interface Tick {
  readonly value: number;
  readonly label: string;
}

/**
 * Round numbers from below the least to above the greatest, about `count` of them: steps of 1, 2 or 5
 * times a power of ten.
 */
export function numberTicks(least: number, most: number, count: number): Tick[] {
  const [low, high] = least === most ? around(least) : [least, most];
  const step = roundStep((high - low) / Math.max(1, count));
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const values = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  const greatest = Math.max(Math.abs(first * step), Math.abs(last * step));
  return values.map((value) => ({ value, label: tickLabel(value, step, greatest) }));
}

function around(value: number): readonly [number, number] {
  if (value === 0) return [0, 1];
  return value > 0 ? [0, value] : [value, 0];
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * 0.999) ?? 10;
  return factor * power;
}

const units = [
  { size: 1e12, sign: 'T' },
  { size: 1e9, sign: 'G' },
  { size: 1e6, sign: 'M' },
  { size: 1e3, sign: 'k' },
];

/** `1,500`, `20k`, `1.5M`: all labels of an axis in one unit, with the digits that its steps need. */
function tickLabel(value: number, step: number, greatest: number): string {
  if (greatest >= 1e15 || greatest < 1e-4) return value === 0 ? '0' : value.toExponential(1);
  const unit = greatest >= 1e4 ? units.find(({ size }) => greatest >= size) : undefined;
  const size = unit?.size ?? 1;
  const digits = Math.max(0, -Math.floor(Math.log10(step / size) + 1e-9));
  const number = (value / size).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return value === 0 ? '0' : `${number}${unit?.sign ?? ''}`;
}

/** `1,234.5`: a value as it is told of a point. */
export function valueLabel(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 1 : 4;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}
