import { sql } from '../../engine/sql.ts';
import type { Aggregate } from '../aggregate.ts';

/**
 * Events that put something into a cart during an experiment, and the different carts, by hour and
 * for the whole day, experiment and variant. An event without an assigned experiment is not counted.
 */
export const conversions: Aggregate = {
  name: 'conversions',
  event: 'Added to Cart',
  reads: ['properties'],
  counts: 'events',
  distinct: 'carts',
  groups: ['experiment_id', 'variant'],
  query: (events) => sql`
    with events as (
      select hour, json_extract_string(properties, ['$.experiment_id', '$.variant', '$.cart_id']) as property
      from (${events})
    )
    select hour::integer as hour, property[1] as experiment_id, property[2] as variant,
      count(*) as events, count(distinct property[3]) as carts
    from events where property[1] <> ''
    group by grouping sets ((hour, experiment_id, variant), (experiment_id, variant))
    order by hour nulls last, experiment_id, variant`,
};
