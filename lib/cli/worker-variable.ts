/** Set in a process that is to be a worker. */
export const workerVariable = 'PIPE_WORKER';

/** What a worker knows from its first moment. */
export interface Birth {
  /** The process it works for. It may have died by now: who asks for its parent may get another one. */
  readonly parent: number;
  /** The worker's own temporary folder. */
  readonly folder: string;
}

export function birthText({ parent, folder }: Birth): string {
  return `${parent}:${folder}`;
}

/** Where this process is a worker; processes that it starts are none. */
export function takeBirth(): Birth | undefined {
  const [, parent, folder] = /^(\d+):(.+)$/s.exec(process.env[workerVariable] ?? '') ?? [];
  delete process.env[workerVariable];
  return process.send && folder !== undefined ? { parent: Number(parent), folder } : undefined;
}
