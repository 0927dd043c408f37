export { dataCheck } from './data-check.ts';
export { dataConvert } from './data-convert.ts';
export { dataDiff } from './data-diff.ts';
export { dataPlot } from './data-plot.ts';
export { dataProfile } from './data-profile.ts';
export { dataCount, dataSchema, dataShow } from './data-show.ts';
export { dataSql } from './data-sql.ts';
