import type { Aggregate } from './aggregate.ts';
import { conversions } from './aggregates/conversions.ts';
import { people } from './aggregates/people.ts';

const pageloads = people({
  name: 'pageloads',
  event: 'pageload',
  counts: 'pageloads',
  distinct: 'visitors',
});

const clicks = people({ name: 'clicks', event: 'click', counts: 'clicks', distinct: 'clickers' });

/** Every aggregate of events there is, by name. */
export const aggregates = { pageloads, clicks, conversions } satisfies Record<string, Aggregate>;
