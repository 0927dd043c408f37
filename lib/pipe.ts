// What `import … from 'pipe'` gives to authors of tasks.
export type { Config } from './cli/config.ts';
export { invoke } from './cli/invoke.ts';
export { testTask, type TestOptions, type TestResult } from './cli/test-task.ts';
export { defineDataset, type Dataset } from './dataset/define-dataset.ts';
export type {
  Authoring,
  ColumnTypes,
  Content,
  ExecOptions,
  Query,
  RequestOptions,
  RowSource,
  WriteOptions,
} from './task/author.ts';
export { defineTask, type Task } from './task/define.ts';
export type {
  Call,
  CallArgs,
  Completion,
  Outcome,
  Output,
  OutputState,
  PlanContext,
  RunContext,
  RunResult,
  Shown,
  Summary,
  SummaryContext,
  TaskDefinition,
} from './task/task.ts';
export { integer, limit, list, oneOf, someOf, window } from './task/values.ts';
export { boundsOf, offsetsOf } from './dates/zone.ts';
export { daysOf, utcDaysOf, type Window } from './dates/window.ts';
export { addDays, parseDay, type Day, type Instant } from './dates/day.ts';
export type { Engine, Row } from './engine/engine.ts';
export type { Partition } from './dataset/layout.ts';
export type { Manifest } from './dataset/manifest.ts';
export type { Draft } from './dataset/publish.ts';
export type { RunEvent } from './ledger/events.ts';
export { exitCodes, NoDataError, UsageError, UserError } from './errors.ts';
export { identifier, join, literal, sql, type Sql } from './engine/sql.ts';
