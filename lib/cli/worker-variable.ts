/** Set in a process that is to be a worker, to the temporary folder of its own. */
export const workerVariable = 'PIPE_WORKER';

/** The worker's folder where this process is one; processes that it starts are none. */
export function takeWorkerFolder(): string | undefined {
  const folder = process.env[workerVariable];
  delete process.env[workerVariable];
  return process.send && folder;
}
