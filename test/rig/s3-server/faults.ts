import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reply } from './reply.ts';
import type { Target } from './request.ts';

/** What goes wrong. */
export type Fault =
  /** An error instead of the work. */
  | {
      readonly status: number;
      readonly code?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** 200 with a body that is not the answer; the work is done only if it says so. */
  | { readonly xml: string; readonly done?: boolean }
  /** The connection is reset: before the body is read, while it is read, or when the work is done. */
  | { readonly reset: 'before' | 'upload' | 'after' }
  /** The reply's body ends after some bytes: by RST, by FIN, or cleanly in chunked form. */
  | { readonly cut: 'rst' | 'fin' | 'chunked'; readonly after: number }
  /** Nothing more comes after some bytes of the reply's body; with `reply`, nothing at all. */
  | { readonly stall: 'reply' | number }
  /** One bit of the reply's body is turned over. */
  | { readonly flip: number }
  /** One bit of the request's body is turned over on its way. */
  | { readonly damage: number }
  /** The body comes in this many pieces with a pause before each. */
  | { readonly slow: number; readonly pauseMs: number }
  /** Something happens first, then all goes well. */
  | { readonly first: () => void };

/** Which requests a fault meets; what is not given meets all. */
export interface Rule {
  readonly fault: Fault;
  readonly method?: string;
  readonly key?: string | RegExp;
  /** A query parameter that is there, such as `uploadId`. */
  readonly query?: string;
  /** How many matching requests pass first. Default 0. */
  readonly after?: number;
  /** How many are met. Default 1. */
  readonly times?: number;
  /** The share of matching requests that is met, by a generator that a seed starts. Default 1. */
  readonly share?: number;
}

/** The rules in force. The first rule that meets a request counts. */
export class Faults {
  readonly #rules: { readonly rule: Rule; seen: number; met: number }[] = [];
  #random = 1;

  add(...rules: readonly Rule[]): void {
    for (const rule of rules) this.#rules.push({ rule, seen: 0, met: 0 });
  }

  clear(): void {
    this.#rules.length = 0;
  }

  take(target: Target): Fault | undefined {
    for (const each of this.#rules) {
      if (!matches(each.rule, target) || each.seen++ < (each.rule.after ?? 0)) continue;
      if (each.met >= (each.rule.times ?? 1) || !this.#chance(each.rule.share ?? 1)) continue;
      each.met++;
      return each.rule.fault;
    }
    return undefined;
  }

  #chance(share: number): boolean {
    // A linear congruential generator, as in Numerical Recipes: every test run sees the same faults.
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    return this.#random / 2 ** 32 < share;
  }
}

/** Sends a reply, spoiled by the fault where it is one of replies. */
export async function send(response: ServerResponse, reply: Reply, fault?: Fault): Promise<void> {
  const isFlipped = fault !== undefined && 'flip' in fault;
  // Otherwise not copied: of a large object that would take as long as sending it.
  const body = isFlipped ? Buffer.from(reply.body ?? []) : (reply.body ?? Buffer.alloc(0));
  const { socket } = response;
  if (fault && 'reset' in fault) return void socket?.resetAndDestroy();
  if (isFlipped) body[fault.flip] = (body[fault.flip] ?? 0) ^ 1;
  const isChunked = fault !== undefined && 'cut' in fault && fault.cut === 'chunked';
  const length = isChunked || reply.status === 204 ? {} : { 'content-length': String(body.length) };
  response.writeHead(reply.status, { ...length, ...reply.headers });
  if (fault && 'cut' in fault) {
    const part = body.subarray(0, fault.after);
    if (isChunked) return void response.end(part);
    await new Promise<void>((resolve) => response.write(part, () => resolve()));
    // The client should see the bytes before it sees the end.
    await sleep(20);
    return void (fault.cut === 'rst' ? socket?.resetAndDestroy() : socket?.destroy());
  }
  if (fault && 'stall' in fault && fault.stall !== 'reply') {
    return void response.write(body.subarray(0, fault.stall));
  }
  if (fault && 'slow' in fault) {
    for (let piece = 0; piece < fault.slow; piece++) {
      await sleep(fault.pauseMs);
      const [from, to] = [piece, piece + 1].map((n) => Math.floor((body.length * n) / fault.slow));
      response.write(body.subarray(from, to));
    }
    return void response.end();
  }
  response.end(body);
}

function matches({ method, key, query }: Rule, target: Target): boolean {
  const name = target.key;
  const isKey = typeof key === 'string' ? name.endsWith(key) : (key?.test(name) ?? true);
  const isMethod = method === undefined || method === target.method;
  return isKey && isMethod && (query === undefined || target.query.has(query));
}
