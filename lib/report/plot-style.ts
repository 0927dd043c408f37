/** A colour on white and on a dark ground. */
export interface Color {
  readonly light: string;
  readonly dark: string;
}

/**
 * Colours of series, told apart by people who see red and green alike, too: Okabe and Ito's palette (2008),
 * darkened for white and lightened for dark so that each has a contrast of 3:1 or more.
 */
export const colors: readonly Color[] = [
  { light: '#0067a9', dark: '#5bb4f0' },
  { light: '#c94f00', dark: '#f28e3c' },
  { light: '#00805e', dark: '#2fc79c' },
  { light: '#a8437f', dark: '#dd8fbc' },
  { light: '#8a6d00', dark: '#e3c13c' },
  { light: '#1c93ad', dark: '#8be4f5' },
  { light: '#5b4bb7', dark: '#a99cf2' },
  { light: '#5c6672', dark: '#a4afbd' },
];

/** The attributes of a series' colour: the light one, and a class by which a dark page changes it. */
export function seriesColor(index: number): { readonly name: string; readonly color: string } {
  const place = index % colors.length;
  return { name: `s${place}`, color: colors[place]?.light ?? '#0067a9' };
}

const dark = [
  '.back{fill:#12161c}.text{fill:#e6eaf0}.soft{fill:#a4afbd}.grid{stroke:#2a323d}.edge{stroke:#3d4754}.ground{stroke:#8f9bab}',
  '.halo{stroke:#12161c}.on{fill:#0b1420}.gap{fill:#12161c;stroke:#5a6675}',
  ...colors.map(
    ({ dark: color }, index) => `.f.s${index}{fill:${color}}.l.s${index}{stroke:${color}}`,
  ),
  `.stop{stop-color:${colors[0]?.dark}}`,
].join('');

/** What a viewer that knows no style sheets shows is the light picture. */
export const plotStyle = `text{font-variant-numeric:tabular-nums}@media (prefers-color-scheme:dark){${dark}}`;
