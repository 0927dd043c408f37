export { dataCount, dataSchema, dataShow } from './data-show.ts';
export { dataSql } from './data-sql.ts';
