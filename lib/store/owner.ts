import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { codeOf } from './fault.ts';

/** What the local store needs to know of this process and of others, to tell files in use from files left behind. */
export interface LocalEffects {
  readonly host: string;
  readonly pid: number;
  /** When the process started, in any form: with it a reused pid is not mistaken for its predecessor. */
  readonly start: string;
  isAlive(pid: number, start: string): boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** The process as `lib/cli` hands it over. */
export interface System {
  readonly hostname: string;
  readonly pid: number;
  /** `process.kill`: signal 0 tells whether a process exists. */
  kill(pid: number, signal: 0): unknown;
  now(): number;
}

/** The effects of a real process. Start times come from /proc; where there is none, a pid has to do. */
export function systemEffects(system: System): LocalEffects {
  return {
    host: hostOf(system.hostname),
    pid: system.pid,
    start: startOf(system.pid),
    isAlive: (pid, start) => exists(system, pid) && startOf(pid) === start,
    now: () => system.now(),
  };
}

/** A unique name that says whose it is: label, host, pid, start and time, separated by `~`. */
export function ownedName(label: string, effects: LocalEffects): string {
  const unique = randomBytes(6).toString('hex');
  return [
    clean(label),
    clean(effects.host),
    effects.pid,
    clean(effects.start),
    effects.now(),
    unique,
  ].join('~');
}

/**
 * Whether whoever made an {@link ownedName} still lives. Processes of other hosts cannot be asked: they count as
 * alive until `maxAgeMs`. A name of another form belongs to nobody we know and counts as alive.
 */
export function ownerLives(name: string, maxAgeMs: number, effects: LocalEffects): boolean {
  const [, , pid, start, when, unique] = name.split('~');
  if (start === undefined || unique === undefined) return true;
  if (isForeign(name, effects)) return effects.now() - Number(when) < maxAgeMs;
  if (Number(pid) === effects.pid) return start === clean(effects.start);
  return effects.isAlive(Number(pid), start);
}

/** Whether an {@link ownedName} comes from another host, whose processes nobody here can ask for. */
export function isForeign(name: string, effects: LocalEffects): boolean {
  const [, host, , , , unique] = name.split('~');
  return unique !== undefined && host !== clean(effects.host);
}

/** At most 64 characters of label, so that a name fits into the 255 bytes a file system allows. */
function clean(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '-').slice(0, 64);
}

function exists(system: System, pid: number): boolean {
  try {
    system.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

/** Linux: the boot and the tick within it at which a process started (field 22 of /proc/<pid>/stat, proc(5)). */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === undefined) return 'unknown';
  // The second field is a name in parentheses that may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A process that has ended stays until its parent, or whoever adopted it, has taken note.
  if (fields[0] === 'Z') return 'ended';
  const ticks = fields[19];
  const boot = readText('/proc/sys/kernel/random/boot_id') ?? '';
  return `${boot.slice(0, 8)}.${ticks}`;
}

/** Containers may share a host name without sharing process ids, so a pid namespace of its own is part of the host. */
function hostOf(hostname: string): string {
  // PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h: the namespace outside all containers.
  const outermost = 'pid:[4026531836]';
  try {
    const namespace = readlinkSync('/proc/self/ns/pid');
    return namespace === outermost
      ? hostname
      : `${hostname.slice(0, 48)}.${namespace.slice(5, -1)}`;
  } catch {
    return hostname;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
