/** The part of parquetjs-lite that is used here; it comes without types. */
declare module 'parquetjs-lite' {
  import type { Writable } from 'node:stream';

  export interface Field {
    readonly type: string;
    readonly optional: boolean;
  }

  export class ParquetSchema {
    constructor(fields: Readonly<Record<string, Field>>);
  }

  export class ParquetWriter {
    static openStream(
      schema: ParquetSchema,
      stream: Writable,
      options?: { readonly rowGroupSize?: number },
    ): Promise<ParquetWriter>;
    appendRow(row: Readonly<Record<string, unknown>>): Promise<void>;
    close(): Promise<void>;
  }
}
