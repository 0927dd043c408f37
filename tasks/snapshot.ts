export { snapshotDaily } from './snapshot-daily.ts';
export { snapshotDerive } from './snapshot-derive.ts';
export { snapshotDiff, snapshotFull, snapshotIncrement } from './snapshot-store.ts';
export { snapshotMerge } from './snapshot-merge.ts';
export { snapshotRead } from './snapshot-read.ts';
export { snapshotExpire } from './snapshot-expire.ts';
export { snapshotGet, snapshotVerify } from './snapshot-get.ts';
