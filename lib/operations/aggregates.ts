import type { Aggregate } from './aggregate.ts';
import { conversions } from './aggregates/conversions.ts';
import { people } from './aggregates/people.ts';

export const pageloads: Aggregate = people({
  name: 'pageloads',
  event: 'pageload',
  counts: 'pageloads',
  distinct: 'visitors',
});

export const clicks: Aggregate = people({
  name: 'clicks',
  event: 'click',
  counts: 'clicks',
  distinct: 'clickers',
});

export { conversions };
