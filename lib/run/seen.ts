import { hash } from 'node:crypto';

const wordsPerKey = 4;

/**
 * A map from texts to small numbers (1 to 255) that costs about 40 bytes an entry however long the
 * texts are, so that a run of a million invocations can know each of them. It keeps 128 bits of
 * SHA-256 instead of the text: two of a million texts collide with a chance of 1 in 10^26.
 */
export class Seen {
  #keys = new Uint32Array(1024 * wordsPerKey);
  #values = new Uint8Array(1024);
  #size = 0;

  get(text: string): number | undefined {
    return this.#values[this.#slot(keyOf(text))] || undefined;
  }

  set(text: string, value: number): void {
    this.#put(keyOf(text), value);
    if (this.#size * 2 > this.#values.length) this.#grow();
  }

  #put(key: Uint32Array, value: number): void {
    const slot = this.#slot(key);
    if (!this.#values[slot]) this.#size++;
    this.#keys.set(key, slot * wordsPerKey);
    this.#values[slot] = value;
  }

  /** Where the key stands, or the free place where it would (open addressing, linear probing). */
  #slot(key: Uint32Array): number {
    const mask = this.#values.length - 1;
    let slot = (key[0] ?? 0) & mask;
    while (this.#values[slot] && !this.#isAt(slot, key)) slot = (slot + 1) & mask;
    return slot;
  }

  #isAt(slot: number, key: Uint32Array): boolean {
    const start = slot * wordsPerKey;
    return key.every((word, index) => this.#keys[start + index] === word);
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Uint32Array(keys.length * 2);
    this.#values = new Uint8Array(values.length * 2);
    this.#size = 0;
    values.forEach((value, slot) => {
      if (value) this.#put(keys.subarray(slot * wordsPerKey, (slot + 1) * wordsPerKey), value);
    });
  }
}

function keyOf(text: string): Uint32Array {
  const digest = hash('sha256', text, 'buffer');
  return new Uint32Array(digest.buffer, digest.byteOffset, wordsPerKey);
}
