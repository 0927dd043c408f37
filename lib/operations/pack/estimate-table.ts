import { S3_PRICES } from './prices.ts';
import { estimate } from './estimate.ts';
import type { Estimate } from './estimate.ts';
import type { Work } from './work.ts';
import { bytesText, countText, dollarsText, secondsText } from './wording.ts';

/** An estimate as one line. */
export function estimateText(work: Work, source: string, store: string): string {
  const { lists, gets, puts, dollars, seconds } = estimate(work, source, store);
  const requests = `${countText(lists)} LIST, ${countText(gets)} GET, ${countText(puts)} PUT`;
  return `at most ${requests}; ${sizeOf(work)}; ${dollarsText(dollars)} and ${secondsText(seconds)} or so`;
}

/** An estimate as a table. */
export function estimateTable(work: Work, source: string, store: string): EstimateTable {
  const found = estimate(work, source, store);
  return {
    title: `What packing ${source} takes, at most`,
    columns: [
      { name: '', kind: 'text' },
      { name: 'amount', kind: 'text' },
    ],
    rows: rowsOf(work, found),
    notes: [
      'It lists the objects once more (harvest:list), then packs each chunk by itself (harvest:chunk)',
      `Dollars: requests to S3 alone, at prices of ${S3_PRICES.asOf} (${S3_PRICES.source})`,
    ],
  };
}

interface EstimateTable {
  readonly title: string;
  readonly columns: readonly { readonly name: string; readonly kind: 'text' }[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

function rowsOf(work: Work, { lists, gets, puts, dollars, seconds }: Estimate): string[][] {
  return [
    ['objects listed', countText(work.listed)],
    ['objects to download', countText(work.objects)],
    ['bytes to download', sizeOf(work)],
    ['chunks to pack', countText(work.chunks)],
    ['LIST requests', countText(lists)],
    ['GET requests', countText(gets)],
    ['PUT requests', countText(puts)],
    ['dollars', dollarsText(dollars)],
    ['time', secondsText(seconds)],
  ];
}

function sizeOf({ bytes }: Work): string {
  return bytes === undefined ? 'unknown size' : bytesText(bytes);
}
