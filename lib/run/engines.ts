import type { Engine } from '../engine/engine.ts';

/**
 * Engines that leaves borrow one after the other. An engine is opened when a leaf first asks for
 * one and none is idle, so there are never more than leaves at once, and none when nothing runs.
 */
export class Engines {
  readonly #open: () => Promise<Engine>;
  readonly #idle: Engine[] = [];
  readonly #busy = new Set<Engine>();

  constructor(open: () => Promise<Engine>) {
    this.#open = open;
  }

  async borrow(): Promise<Engine> {
    const engine = this.#idle.pop() ?? (await this.#open());
    this.#busy.add(engine);
    return engine;
  }

  giveBack(engine: Engine): void {
    this.#busy.delete(engine);
    this.#idle.push(engine);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#idle, ...this.#busy].map((engine) => engine.close()));
  }
}
