import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { messageOf } from '../errors.ts';
import type { BadRecord } from './csv-records.ts';
import type { Peeked } from './peek.ts';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json;
}

/** The objects of a text of JSON lines; a filled line that holds none goes to `reject`. */
export async function* jsonLines(
  { all }: Peeked,
  reject: (bad: BadRecord) => void,
): AsyncGenerator<JsonObject> {
  let line = 0;
  for await (const text of createInterface({ input: Readable.from(all), crlfDelay: Infinity })) {
    line += 1;
    if (text.trim() === '') continue;
    const found = objectIn(line === 1 ? text.replace(/^\uFEFF/, '') : text);
    if (typeof found === 'string') reject({ line, reason: found, text });
    else yield found;
  }
}

/** The object, or why there is none. */
function objectIn(text: string): JsonObject | string {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) ? value : 'no JSON object';
  } catch (error) {
    return messageOf(error);
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
