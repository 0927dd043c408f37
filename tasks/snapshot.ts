export { snapshotDiff, snapshotFull, snapshotIncrement } from './snapshot-store.ts';
export { snapshotMerge } from './snapshot-merge.ts';
export { snapshotRead } from './snapshot-read.ts';
