import type { WriteCondition } from '../store.ts';
import { faultOf } from './fault.ts';
import { quotedEtag } from './session.ts';

/** The parameters of a request that make it conditional. */
export function conditionOf(condition: WriteCondition | undefined): {
  readonly IfNoneMatch?: '*';
  readonly IfMatch?: string;
} {
  if (!condition) return {};
  return 'ifAbsent' in condition
    ? { IfNoneMatch: '*' }
    : { IfMatch: quotedEtag(condition.ifMatch) };
}

/** Whether a reply means that the condition did not hold. To If-Match an object that is gone is a 404. */
export function isRefusal(error: unknown, condition: WriteCondition | undefined): boolean {
  const fault = condition && faultOf(error);
  if (fault?.status === 412) return true;
  return fault?.status === 404 && fault.code === 'NoSuchKey';
}
