var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __esm = (fn, res, err) =>
  function __init() {
    if (err) throw err[0];
    try {
      return (fn && (res = (0, fn[__getOwnPropNames(fn)[0]])((fn = 0))), res);
    } catch (e2) {
      throw ((err = [e2]), e2);
    }
  };
var __export = (target, all) => {
  for (var name in all) __defProp(target, name, { get: all[name], enumerable: true });
};

// lib/errors.ts
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
var exitCodes, UserError, NoDataError;
var init_errors = __esm({
  'lib/errors.ts'() {
    'use strict';
    exitCodes = {
      done: 0,
      failed: 1,
      usage: 2,
      noData: 3,
      locked: 4,
      unexpected: 70,
      interrupted: 130,
      terminated: 143,
    };
    UserError = class extends Error {
      name = 'UserError';
      exitCode;
      retryable;
      constructor(message, options = {}) {
        super(message, 'cause' in options ? { cause: options.cause } : void 0);
        this.exitCode = options.exitCode ?? exitCodes.failed;
        this.retryable = options.retryable ?? false;
      }
    };
    NoDataError = class extends UserError {
      name = 'NoDataError';
      constructor(message, options = {}) {
        super(message, { ...options, exitCode: exitCodes.noData });
      }
    };
  },
});

// lib/engine/error.ts
var EngineError;
var init_error = __esm({
  'lib/engine/error.ts'() {
    'use strict';
    init_errors();
    EngineError = class extends UserError {
      name = 'EngineError';
      /** `query`: the statement or its data; the rest: the machine or a cancelled run. */
      failure;
      constructor(message, failure, cause) {
        super(message, { cause });
        this.failure = failure;
      }
    };
  },
});

// lib/engine/duckdb-error.ts
function duckdbError(engine, error) {
  if (error instanceof EngineError) return error;
  const text = messageOf(error);
  const failure = failureOf(text);
  return new EngineError(`${engine}: ${text.trimEnd()}${advice(failure)}`, failure, error);
}
function failureOf(text) {
  if (text.startsWith('INTERRUPT Error')) return 'interrupted';
  if (text.includes('No space left on device') || text.includes('max_temp_directory_size')) {
    return 'disk-full';
  }
  return text.startsWith('Out of Memory Error') ? 'out-of-memory' : 'query';
}
function advice(failure) {
  switch (failure) {
    case 'out-of-memory':
      return '\nGive the engine more memory, run fewer invocations at once (--jobs=1), or choose a shorter window.';
    case 'disk-full':
      return '\nThe disk is full: free some space and run the same command again.';
    case 'interrupted':
    case 'query':
      return '';
    default:
      return failure;
  }
}
var init_duckdb_error = __esm({
  'lib/engine/duckdb-error.ts'() {
    'use strict';
    init_errors();
    init_error();
  },
});

// lib/engine/duckdb-values.ts
import {
  DuckDBArrayValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from '@duckdb/node-api';
function rowFrom(names, values) {
  return Object.fromEntries(names.map((name, index) => [name, valueFrom(values[index] ?? null)]));
}
function valueFrom(value) {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return fromInteger(value);
  if (value instanceof DuckDBTimestampTZValue) return withZone(fromMicros(value.micros));
  if (value instanceof DuckDBTimestampValue) return fromMicros(value.micros);
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBDecimalValue) return Number(value.toString());
  if (value instanceof DuckDBListValue) return value.items.map(valueFrom);
  if (value instanceof DuckDBArrayValue) return value.items.map(valueFrom);
  if (value instanceof DuckDBStructValue) return fromFields(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue) {
    return fromFields(value.entries.map((entry) => [String(entry.key), entry.value]));
  }
  return value.toString();
}
function fromFields(fields) {
  return Object.fromEntries(fields.map(([name, field]) => [name, valueFrom(field)]));
}
function fromInteger(value) {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
function withZone(text) {
  return text.endsWith('infinity') ? text : `${text}Z`;
}
function fromMicros(micros) {
  const millis = Number(micros / 1000n) - (micros % 1000n < 0n ? 1 : 0);
  const date = new Date(millis);
  if (Number.isNaN(date.getTime())) return new DuckDBTimestampValue(micros).toString();
  const rest = ((micros % 1000n) + 1000n) % 1000n;
  return date.toISOString().slice(0, -1) + (rest === 0n ? '' : String(rest).padStart(3, '0'));
}
var init_duckdb_values = __esm({
  'lib/engine/duckdb-values.ts'() {
    'use strict';
  },
});

// lib/engine/sql.ts
function sql(strings, ...parts) {
  const builder = new Builder(strings[0] ?? '');
  parts.forEach((part, index) => {
    const items = Array.isArray(part) ? part : [part];
    items.forEach((item, position) => {
      if (position > 0) builder.text(', ');
      builder.add(item);
    });
    builder.text(strings[index + 1] ?? '');
  });
  return builder.build();
}
function raw(text) {
  return { [fragment]: true, strings: [text], values: [] };
}
function identifier(name) {
  return raw(`"${name.replaceAll('"', '""')}"`);
}
function literal(text) {
  return raw(`'${text.replaceAll("'", "''")}'`);
}
function literals(texts) {
  return sql`[${texts.map(literal)}]`;
}
function join(fragments, separator) {
  const builder = new Builder('');
  fragments.forEach((part, index) => {
    if (index > 0) builder.text(separator);
    builder.add(part);
  });
  return builder.build();
}
function textOf(statement) {
  return statement.strings.reduce((text, part, index) => `${text}$${index}${part}`);
}
function isSql(part) {
  return typeof part === 'object' && part !== null && fragment in part;
}
var fragment, Builder;
var init_sql = __esm({
  'lib/engine/sql.ts'() {
    'use strict';
    fragment = /* @__PURE__ */ Symbol('sql');
    Builder = class {
      #strings;
      #values = [];
      constructor(text) {
        this.#strings = [text];
      }
      text(text) {
        this.#strings[this.#strings.length - 1] += text;
      }
      add(part) {
        if (!isSql(part)) {
          this.#values.push(part);
          this.#strings.push('');
          return;
        }
        this.text(part.strings[0] ?? '');
        part.values.forEach((value, index) => {
          this.#values.push(value);
          this.#strings.push(part.strings[index + 1] ?? '');
        });
      }
      build() {
        return { [fragment]: true, strings: this.#strings, values: this.#values };
      }
    };
  },
});

// lib/engine/parquet.ts
function parquet(files, options = {}) {
  const filename = options.withFilename === true ? sql`, filename = true` : sql``;
  return sql`read_parquet(${exactly(files)}, hive_partitioning = false${filename})`;
}
function exactly(files) {
  return literals(files.map(asPattern));
}
function asPattern(path3) {
  return path3.replaceAll(/[*?[]/g, '[$&]');
}
var init_parquet = __esm({
  'lib/engine/parquet.ts'() {
    'use strict';
    init_sql();
  },
});

// lib/engine/row.ts
function textAt(row, column) {
  const value = row[column];
  if (typeof value !== 'string') throw new Error(`Column "${column}" is not text: ${show(value)}.`);
  return value;
}
function numberAt(row, column) {
  const value = row[column];
  if (typeof value !== 'number') {
    throw new Error(`Column "${column}" is not a number: ${show(value)}.`);
  }
  return value;
}
function show(value) {
  return typeof value === 'bigint' ? `${value}` : (JSON.stringify(value) ?? 'absent');
}
var init_row = __esm({
  'lib/engine/row.ts'() {
    'use strict';
  },
});

// lib/engine/duckdb-engine.ts
var duckdb_engine_exports = {};
__export(duckdb_engine_exports, {
  DuckDB: () => DuckDB,
});
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
function settings(options, spill) {
  return {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: spill,
    ...(options.threads !== void 0 && { threads: String(options.threads) }),
    ...(options.memoryLimit !== void 0 && { memory_limit: options.memoryLimit }),
  };
}
function copy(query, file, { rowGroupRows }) {
  const size = rowGroupRows === void 0 ? raw('') : raw(`, row_group_size ${rowGroupRows}`);
  return sql`copy (${query}) to ${literal(file)}
    (format parquet, compression zstd, compression_level 1, return_stats true${size})`;
}
var DuckDB;
var init_duckdb_engine = __esm({
  'lib/engine/duckdb-engine.ts'() {
    'use strict';
    init_duckdb_error();
    init_duckdb_values();
    init_parquet();
    init_row();
    init_sql();
    DuckDB = class _DuckDB {
      id;
      #instance;
      #connection;
      #spill;
      #running = /* @__PURE__ */ new Set();
      static async open(id, options) {
        const spill = await mkdtemp(path.join(options.spillFolder ?? tmpdir(), 'pipe-spill-'));
        try {
          const instance = await DuckDBInstance.create(':memory:', settings(options, spill));
          const connection = await instance.connect();
          await connection.run("set TimeZone = 'UTC'");
          return new _DuckDB(id, instance, connection, spill);
        } catch (error) {
          await rm(spill, { recursive: true, force: true });
          throw duckdbError(id, error);
        }
      }
      constructor(id, instance, connection, spill) {
        this.id = id;
        this.#instance = instance;
        this.#connection = connection;
        this.#spill = spill;
      }
      async rows(query) {
        const result = await this.#run(query);
        const names = result.deduplicatedColumnNames();
        return (await result.getRows()).map((values) => rowFrom(names, values));
      }
      async write(query, file, options = {}) {
        try {
          const [stats = {}] = await this.rows(copy(query, file, options));
          const schema = await this.rows(sql`describe select * from ${parquet([file])}`);
          return {
            rows: numberAt(stats, 'count'),
            bytes: numberAt(stats, 'file_size_bytes'),
            schema: schema.map((column) => ({
              name: textAt(column, 'column_name'),
              type: textAt(column, 'column_type'),
            })),
          };
        } catch (error) {
          await rm(file, { force: true });
          throw error;
        }
      }
      async execute(statement) {
        await this.#run(statement);
      }
      interrupt() {
        this.#connection.interrupt();
      }
      async close() {
        this.interrupt();
        await Promise.allSettled(this.#running);
        this.#connection.closeSync();
        this.#instance.closeSync();
        await rm(this.#spill, { recursive: true, force: true });
      }
      async #run(statement) {
        const running = this.#connection.run(textOf(statement), [...statement.values]);
        this.#running.add(running);
        try {
          return await running;
        } catch (error) {
          throw duckdbError(this.id, error);
        } finally {
          this.#running.delete(running);
        }
      }
    };
  },
});

// lib/engine/duckdb.ts
import { createRequire } from 'node:module';
async function openDuckDB(options = {}) {
  const { DuckDB: DuckDB2 } = await Promise.resolve().then(
    () => (init_duckdb_engine(), duckdb_engine_exports),
  );
  return DuckDB2.open(engineId(), options);
}
function engineId() {
  const manifest = createRequire(import.meta.url)('@duckdb/node-api/package.json');
  return `duckdb ${manifest.version.replace(/-r\.\d+$/, '')}`;
}

// test/bench/.st.ts
init_sql();

// lib/operations/ingest/files.ts
init_errors();
import { readdir, stat } from 'node:fs/promises';
import path2 from 'node:path';
import { fileURLToPath } from 'node:url';
async function findFiles(uris, cwd) {
  const found = [];
  for (const uri of uris) found.push(...(await filesOf(uri, cwd)));
  return [...new Set(found)];
}
async function filesOf(uri, cwd) {
  const target = path2.resolve(cwd, localPath(uri));
  const found = await lookUp(target);
  if (found === 'file') return [target];
  if (found === 'folder') return some(uri, await walk(target), 'a folder without files');
  if (found === 'other') throw new UserError(`"${uri}" is neither a file nor a folder.`);
  if (!isGlob(uri)) {
    throw new NoDataError(`"${uri}" does not exist. Expected a file, a folder or a glob.`);
  }
  const matches = globPattern(target);
  const all = await walk(fixedFolder(target));
  return some(
    uri,
    all.filter((file) => matches.test(file)),
    'a glob that no file matches',
  );
}
function localPath(uri) {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(uri)?.[1];
  if (scheme === void 0) return uri;
  if (scheme.toLowerCase() === 'file') return fileURLToPath(uri);
  throw new UserError(
    `"${uri}" is not a local file. Expected a path or a file:// URI; copy it here first.`,
  );
}
async function lookUp(target) {
  try {
    const found = await stat(target);
    if (found.isFile()) return 'file';
    return found.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    if (isMissing(error)) return void 0;
    throw new UserError(`"${target}" cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
function isMissing(error) {
  return (
    error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))
  );
}
function some(uri, files, problem) {
  if (files.length > 0) return files;
  throw new NoDataError(`"${uri}" is ${problem}.`);
}
async function walk(folder) {
  const entries = await entriesOf(folder);
  const files = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name.startsWith('_')) continue;
    const target = path2.join(folder, entry.name);
    const kind = entry.isSymbolicLink() ? await lookUp(target) : kindOf(entry);
    if (kind === 'folder') files.push(...(await walk(target)));
    if (kind === 'file') files.push(target);
  }
  return files;
}
async function entriesOf(folder) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  } catch (error) {
    if (isMissing(error)) return [];
    throw new UserError(`"${folder}" cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
function kindOf(entry) {
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'folder' : 'other';
}
function isGlob(text) {
  return /[*?[{]/.test(text);
}
function fixedFolder(pattern) {
  const segments = pattern.split(path2.sep);
  const first = segments.findIndex(isGlob);
  return segments.slice(0, first).join(path2.sep) || path2.sep;
}
function globPattern(glob) {
  const tokens = glob.match(/\*\*\/|\*\*|\*|\?|\[!?[^\]]+\]|\{[^{}]*\}|[^]/gu) ?? [];
  return new RegExp(`^${tokens.map(globToken).join('')}$`, 'u');
}
function globToken(token) {
  if (token === '**/') return '(?:[^/]+/)*';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 2 && token.startsWith('[')) {
    const negated = token.startsWith('[!');
    return `[${negated ? '^/' : ''}${escaped(token.slice(negated ? 2 : 1, -1), /[\\\]^[]/gu)}]`;
  }
  if (token.length > 1 && token.startsWith('{')) {
    return `(?:${token.slice(1, -1).split(',').map(globAlternative).join('|')})`;
  }
  return escaped(token, /[\\^$.*+?()[\]{}|/]/gu);
}
function globAlternative(text) {
  return (text.match(/\*|\?|[^]/gu) ?? []).map(globToken).join('');
}
function escaped(text, special) {
  return text.replaceAll(special, String.raw`\$&`);
}

// lib/operations/ingest/source.ts
init_errors();
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat as stat2 } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
async function sourceOf(path3) {
  const { sha256, bytes } = await hashFile(path3);
  return { path: path3, uri: pathToFileURL(path3).href, sha256, bytes };
}
async function hashStart(path3, length) {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(path3, length)) hash.update(chunk);
  return hash.digest('hex');
}
async function readAt(path3, offset, length) {
  const file = await open(path3);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
var hashes = /* @__PURE__ */ new Map();
async function hashFile(path3) {
  const { dev, ino, size, mtimeMs, ctimeMs } = await statOf(path3);
  const key = [dev, ino, size, mtimeMs, ctimeMs].join(' ');
  const known = hashes.get(key);
  if (known) return known;
  const hashed = hashStart(path3, size).then((sha256) => ({ sha256, bytes: size }));
  hashes.set(key, hashed);
  try {
    return await hashed;
  } catch (error) {
    hashes.delete(key);
    throw new UserError(`"${path3}" cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
async function statOf(path3) {
  try {
    return await stat2(path3);
  } catch (error) {
    throw new UserError(`"${path3}" cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
function chunksOf(path3, length) {
  if (length === 0) return [];
  return createReadStream(path3, { end: length - 1, highWaterMark: 1024 * 1024 });
}

// lib/operations/ingest/kind.ts
init_parquet();
init_row();
init_sql();
init_errors();
import { gunzipSync, constants } from 'node:zlib';

// lib/formats/compression.ts
init_errors();
function compressionOf(name, head) {
  const hex = Buffer.from(head.subarray(0, 6)).toString('hex');
  if (hex.startsWith('1f8b')) return 'gzip';
  if (hex.startsWith('28b52ffd')) return 'zstd';
  const other = unreadable.find(({ magic }) => hex.startsWith(magic));
  if (other) {
    throw new UserError(
      `"${name}" is ${other.kind}. Expected plain text, .gz, .zst or Parquet; unpack it first.`,
    );
  }
  return 'uncompressed';
}
var unreadable = [
  { magic: '425a68', kind: 'bzip2' },
  { magic: 'fd377a585a00', kind: 'xz' },
  { magic: '504b0304', kind: 'a zip archive' },
  { magic: '377abcaf271c', kind: 'a 7z archive' },
];

// lib/formats/csv.ts
function delimiterOf(header) {
  const plain = header.replaceAll(/"(?:[^"]|"")*"/g, '');
  const counts = [',', ';', '	', '|'].map((delimiter) => ({
    delimiter,
    count: plain.split(delimiter).length - 1,
  }));
  const best = counts.reduce((a, b) => (b.count > a.count ? b : a));
  return best.count > 0 ? best.delimiter : void 0;
}
function fieldsOf(line, delimiter) {
  const fields = [];
  let rest = line.replace(/^\uFEFF/, '').replace(/\r$/, '');
  for (;;) {
    const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
    const end = rest.indexOf(delimiter, quoted?.[0].length ?? 0);
    const field = end < 0 ? rest : rest.slice(0, end);
    fields.push(quoted ? (quoted[1] ?? '').replaceAll('""', '"') : field);
    if (end < 0) return fields;
    rest = rest.slice(end + delimiter.length);
  }
}

// lib/formats/access-log.ts
var logLinePattern = [
  String.raw`^(\S+) (\S+) (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}|-) (\d+|-)`,
  String.raw`(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"((?: (?:[^" ]+|"(?:[^"\\]|\\.)*"))*))?\s*$`,
].join('');
var logLineFields = [
  'host',
  'identity',
  'account',
  'time',
  'request',
  'status',
  'bytes',
  'referrer',
  'agent',
  'rest',
];
var logTimeFormat = '%d/%b/%Y:%H:%M:%S %z';
var logLine = new RegExp(logLinePattern);
function isLogLine(line) {
  return logLine.test(line);
}

// lib/formats/detect.ts
function isParquet(head) {
  return Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1';
}
function formatOf(lines) {
  const filled = lines.filter((line) => line.trim() !== '');
  const fits = (test) => filled.length > 0 && filled.filter(test).length * 2 >= filled.length;
  if (fits(isJsonObject)) return 'jsonl';
  if (fits(isLogLine)) return 'clf';
  return filled[0] !== void 0 && delimiterOf(filled[0]) !== void 0 ? 'csv' : void 0;
}
function isJsonObject(line) {
  return recordOf(line) !== void 0;
}
function recordOf(line) {
  try {
    const value = JSON.parse(line);
    return isRecord(value) ? value : void 0;
  } catch {
    return void 0;
  }
}
function isRecord(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// lib/operations/ingest/fields.ts
init_errors();
var customary = {
  ts: ['ts', 'timestamp', 'time', '@timestamp', 'datetime'],
  event: ['event', 'event_name', 'eventName'],
  user: ['user', 'userId', 'user_id', 'anonymousId', 'anonymous_id'],
  session: ['session', 'sessionId', 'session_id', 'context.sessionId'],
  url: ['url', 'path', 'context.page.path'],
  referrer: ['referrer', 'referer', 'context.page.referrer'],
  status: ['status'],
  bytes: ['bytes'],
  agent: ['agent', 'userAgent', 'user_agent', 'context.userAgent'],
};
function mappingOf(name, sample, options) {
  const given2 = { ts: options.ts, event: options.event, user: options.user, url: options.url };
  const explicit = Object.values(given2)
    .filter((field) => field !== void 0)
    .map((field) => pathOf(field, sample));
  const paths = (column, option) =>
    option === void 0
      ? customary[column]
          .map((field) => field.split('.'))
          .filter((path3) => !clashes(path3, explicit))
      : [pathOf(option, sample)];
  const columns = {
    ts: paths('ts', given2.ts),
    event: paths('event', given2.event),
    user: paths('user', given2.user),
    session: paths('session', void 0),
    url: paths('url', given2.url),
    referrer: paths('referrer', void 0),
    status: paths('status', void 0),
    bytes: paths('bytes', void 0),
    agent: paths('agent', void 0),
  };
  checkFound(name, sample, columns.ts, 'the instant', '--ts=<field>');
  if (options.eventName === void 0) {
    const remedy = '--event=<field> or --event-name=<name>';
    checkFound(name, sample, columns.event, 'the name of the event', remedy);
  }
  return {
    columns,
    ...(options.eventName !== void 0 && { eventName: options.eventName }),
    ...(isSegment(sample) && { properties: ['properties'] }),
    mapped: Object.values(columns).flatMap((candidates) => firstFound(candidates, sample)),
  };
}
function pathOf(field, sample) {
  return sample.some((record) => field in record) ? [field] : field.split('.');
}
function clashes(path3, others) {
  return others.some((other) => {
    const shared = Math.min(path3.length, other.length);
    const isSameWay = path3.slice(0, shared).every((name, index) => name === other[index]);
    return isSameWay && path3.length !== other.length;
  });
}
function isSegment(sample) {
  return sample.some(
    (record) =>
      'event' in record &&
      'timestamp' in record &&
      ('userId' in record || 'anonymousId' in record) &&
      isRecord(record['properties']),
  );
}
function checkFound(name, sample, candidates, what, option) {
  if (sample.length === 0 || firstFound(candidates, sample).length > 0) return;
  const looked = candidates.map((path3) => `"${path3.join('.')}"`).join(', ');
  const fields = [...new Set(sample.flatMap(Object.keys))].join(', ');
  throw new UserError(
    `"${name}": the first ${sample.length} records have no field for ${what} (looked for ${looked}). They have: ${fields}. Name it with ${option}.`,
  );
}
function firstFound(candidates, sample) {
  const found = candidates.find((path3) => sample.some((record) => valueAt(record, path3) != null));
  return found ? [found] : [];
}
function valueAt(record, path3) {
  return path3.reduce(
    (value, name) => (isRecord(value) && Object.hasOwn(value, name) ? value[name] : void 0),
    record,
  );
}

// lib/operations/ingest/lines.ts
init_sql();
init_parquet();

// lib/operations/ingest/csv-errors.ts
init_row();
init_sql();
function errorsTo(target) {
  switch (target) {
    case 'caller':
      return raw('');
    case 'nowhere':
      return raw(', ignore_errors = true');
    case 'table':
      return raw(
        ", store_rejects = true, rejects_table = 'csv_errors', rejects_scan = 'csv_scans'",
      );
    default:
      return target;
  }
}
var csvRejects = raw('csv_rejects');
async function createCsvRejects(engine) {
  await engine.execute(sql`create temporary table ${csvRejects}
    (source integer, record bigint, reason varchar, line varchar)`);
}
async function keepCsvErrors(engine, first) {
  await engine.execute(sql`insert into ${csvRejects}
    select file_id + ${first}, line, case any_value(error_type)
        when 'MISSING COLUMNS' then 'too few columns'
        when 'TOO MANY COLUMNS' then 'too many columns'
        when 'UNQUOTED VALUE' then 'wrong quoting'
        when 'INVALID ENCODING' then 'not UTF-8'
        else lower(any_value(error_type)::varchar) end,
      any_value(csv_line)
    from csv_errors group by file_id, line`);
  await dropCsvErrors(engine);
  const rows = await engine.rows(sql`select source, count(*) as records from ${csvRejects}
    where source >= ${first} group by source`);
  return new Map(rows.map((row) => [numberAt(row, 'source'), numberAt(row, 'records')]));
}
async function dropCsvErrors(engine) {
  for (const table of ['csv_errors', 'csv_scans']) {
    await engine.execute(sql`drop table if exists ${raw(table)}`);
  }
}

// lib/operations/ingest/lines.ts
var NO_DELIMITER = '\u{10FFFF}';
function linesOf(files, errors) {
  return sql`select file_index as source, line from read_csv(${exactly(files.paths)},
    columns = {'line': 'VARCHAR'}, header = false, delim = ${literal(NO_DELIMITER)}, quote = '',
    escape = '', auto_detect = false, strict_mode = false,
    compression = ${literal(files.compression)}, hive_partitioning = false${errorsTo(errors)})`;
}
function numberedLines(file, source) {
  return sql`
    select row_number() over (order by place, turn) as number, text, is_readable
    from (
      select row_number() over () as place, 0 as turn, line as text, true as is_readable
      from (${linesOf(file, 'nowhere')})
      union all
      select record - turn + 0.5 as place, turn, line as text, false as is_readable
      from (select record, line, row_number() over (order by record) as turn
        from ${csvRejects} where source = ${source} and reason = 'not UTF-8'))`;
}
var isFilled = sql`trim(text, ${raw(`' 	\r
'`)}) <> ''`;

// lib/operations/ingest/kind.ts
async function kindOf2(engine, source, options) {
  const head = await readAt(source.path, 0, HEAD_BYTES);
  const parquet2 = isParquet(head);
  if (
    parquet2 !== (options.format === 'parquet') &&
    (parquet2 ? options.format !== 'auto' : true)
  ) {
    if (parquet2 || options.format === 'parquet') throw mismatch(source, options.format);
  }
  if (parquet2) return parquetKind(engine, source, options);
  const compression = compressionOf(source.path, head);
  const lines = await firstLines(engine, source, head, compression);
  const format = options.format === 'auto' ? formatOf(lines) : options.format;
  switch (format) {
    case 'clf':
      checkNoFields(source, options);
      return { format, compression };
    case 'jsonl': {
      const sample = lines.map(recordOf).filter((record) => record !== void 0);
      return { format, compression, mapping: mappingOf(source.path, sample, options) };
    }
    case 'csv':
      return csvKind(source, compression, lines, options);
    case 'parquet':
      throw mismatch(source, format);
    case void 0:
      if (lines.every((line) => line.trim() === '')) return { format: 'clf', compression };
      throw new UserError(
        `"${source.path}": the format cannot be told from its first lines. Name it with --format=<clf|jsonl|csv>.`,
      );
    default:
      return format;
  }
}
var HEAD_BYTES = 256 * 1024;
var SAMPLE_LINES = 100;
function mismatch({ path: path3 }, format) {
  return format === 'parquet'
    ? new UserError(`"${path3}" is not a Parquet file. Leave --format out, or name its format.`)
    : new UserError(`"${path3}" is a Parquet file. Leave --format=${format} out.`);
}
function checkNoFields({ path: path3 }, options) {
  const { ts, event, eventName, user, url } = options;
  const given2 = Object.entries({ ts, event, 'event-name': eventName, user, url })
    .filter(([, value]) => value !== void 0)
    .map(([name]) => `--${name}`);
  if (given2.length === 0) return;
  throw new UserError(
    `"${path3}" is an access log, whose fields are known. Leave ${given2.join(', ')} out.`,
  );
}
async function firstLines(engine, source, head, compression) {
  switch (compression) {
    case 'uncompressed':
      return linesIn(Buffer.from(head), head.length === source.bytes);
    case 'gzip':
      return linesIn(gunzipHead(source, head), false);
    case 'zstd': {
      const files = { paths: [source.path], compression };
      const rows = await engine.rows(
        sql`select coalesce(line, '') as line from (${linesOf(files, 'nowhere')}) limit ${SAMPLE_LINES}`,
      );
      return rows.map((row) => textAt(row, 'line'));
    }
    default:
      return compression;
  }
}
function gunzipHead({ path: path3 }, head) {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw new UserError(`"${path3}" is damaged: it is not valid gzip. Fetch it again.`, { cause });
  }
}
function linesIn(bytes, isWhole) {
  const lines = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split('\n');
  if (!isWhole && lines.length > 1) lines.pop();
  return lines.slice(0, SAMPLE_LINES);
}
function csvKind(source, compression, [first = '', ...rest], options) {
  const delimiter = delimiterOf(first) ?? ',';
  const header = fieldsOf(first, delimiter);
  const twice = header.find((name, index) => name === '' || header.indexOf(name) !== index);
  if (twice !== void 0) {
    throw new UserError(
      `"${source.path}": the header names the column "${twice}" ${twice === '' ? 'with nothing' : 'twice'}. Expected different names in the first line.`,
    );
  }
  const sample = rest
    .map((line) => fieldsOf(line, delimiter))
    .filter((fields) => fields.length === header.length)
    .map((fields) => Object.fromEntries(header.map((name, index) => [name, fields[index]])));
  const mapping = mappingOf(source.path, sample, options);
  return { format: 'csv', compression, mapping, delimiter, header };
}
async function parquetKind(engine, source, options) {
  const rows = await engine.rows(sql`select to_json(t)::varchar as json
    from ${parquet([source.path])} t limit ${SAMPLE_LINES}`);
  const sample = rows.map((row) => recordOf(textAt(row, 'json'))).filter(isRecord);
  const mapping = mappingOf(source.path, sample, options);
  const header = Object.keys(sample[0] ?? {});
  return { format: 'parquet', compression: 'uncompressed', mapping, header };
}

// lib/operations/ingest/incoming.ts
init_error();
init_row();
init_sql();
init_errors();

// lib/operations/ingest/read.ts
init_parquet();
init_sql();

// lib/operations/ingest/json-records.ts
init_sql();

// lib/operations/ingest/instant.ts
init_sql();
function instantOf(text) {
  const number = sql`try_cast(${text} as double)`;
  return sql`case when ${text} >= '0' and ${text} < ':' then coalesce(
    try_cast(${text} as timestamptz),
    make_timestamptz(${microseconds(number)}),
    try_cast(regexp_replace(${text}, ${literal(withoutSeconds)}, '\\1:00\\2') as timestamptz),
    try_strptime(${text}, ${literal(logTimeFormat)})) end`;
}
function isPossible(instant) {
  return sql`${instant} >= timestamptz '1970-01-01 00:00:00+00' and ${instant} < timestamptz '10000-01-01 00:00:00+00'`;
}
var withoutSeconds = String.raw`^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d)(Z|[+-][\d:]+)?$`;
function microseconds(number) {
  return sql`cast(round(case
    when ${number} < 1e11 then ${number} * 1e6
    when ${number} < 1e14 then ${number} * 1e3
    when ${number} < 1e17 then ${number}
    when ${number} < 1e20 then ${number} / 1e3 end) as bigint)`;
}

// lib/operations/ingest/reasons.ts
init_sql();
var reasons = [
  'broken JSON',
  'not a JSON object',
  'no timestamp',
  'impossible date',
  'no event name',
  'not a line of the common or combined log format',
];
function code(reason) {
  return raw(`${reasons.indexOf(reason) + 1}::tinyint`);
}
function reasonText(column) {
  return sql`(${literals(reasons)})[${column}]`;
}

// lib/operations/ingest/json-records.ts
function eventsOfRecords(records, mapping) {
  const value = (column) => firstOf(mapping.columns[column]);
  const name = mapping.eventName;
  const event =
    name === void 0 ? value('event') : sql`coalesce(${value('event')}, ${literal(name)})`;
  return sql`
    select source, size, case when reason is null then ts end as ts, event, "user", session, url,
      referrer, status, bytes, agent, properties, reason
    from (
      select *, case
        when json is null then ${code('broken JSON')}
        when not starts_with(json, '{') then ${code('not a JSON object')}
        when instant is null then ${code('no timestamp')}
        when ts is null or not (${isPossible(raw('ts'))}) then ${code('impossible date')}
        when event is null then ${code('no event name')} end as reason,
        ${propertiesOf(mapping)} as properties
      from (
        select source, size, json, fields, instant, ${instantOf(raw('instant'))} as ts,
          ${event} as event, ${value('user')} as "user", ${value('session')} as session,
          ${value('url')} as url, ${value('referrer')} as referrer,
          try_cast(${value('status')} as integer) as status,
          try_cast(${value('bytes')} as bigint) as bytes, ${value('agent')} as agent
        from (
          select source, size, json, fields, ${value('ts')} as instant
          from (select *, json_transform(json, ${literal(JSON.stringify(shapeOf(mapping)))}) as fields
            from (${records})))))`;
}
function firstOf(paths) {
  const fields = paths.map((path3) => sql`nullif(${fieldAt(path3)}, '')`);
  return fields.length === 1 ? join(fields, '') : sql`coalesce(${fields})`;
}
function fieldAt(path3) {
  return join([raw('fields'), ...path3.map(identifier)], '.');
}
function propertiesOf({ properties: properties2, mapped, columns }) {
  if (properties2) return sql`coalesce(${fieldAt(properties2)}::varchar, '{}')`;
  const numbers = new Set([...columns.status, ...columns.bytes].map(String));
  const texts = mapped.filter((path3) => !numbers.has(String(path3)));
  if (texts.length === mapped.length) return without(mapped);
  const areNumbers = (column) =>
    sql`(${raw(column)} is not null or ${firstOf(columns[column])} is null)`;
  return sql`case when ${areNumbers('status')} and ${areNumbers('bytes')} then ${without(mapped)}
    else ${without(texts)} end`;
}
function without(paths) {
  return sql`json_merge_patch(json, ${literal(JSON.stringify(tree(paths, null)))})::varchar`;
}
function shapeOf(mapping) {
  const paths = Object.values(mapping.columns).flat();
  const shape = tree(paths, 'VARCHAR');
  return mapping.properties ? { ...shape, [String(mapping.properties)]: 'JSON' } : shape;
}
function tree(paths, leaf) {
  const names = [...new Set(paths.map(([name = '']) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const below = paths.filter(([first]) => first === name).map(([, ...rest]) => rest);
      return [name, below.some((rest) => rest.length === 0) ? leaf : tree(below, leaf)];
    }),
  );
}

// lib/operations/ingest/log-lines.ts
init_sql();
function eventsOfLogLines(lines) {
  return sql`
    select source, size, case when reason is null then ts end as ts,
      case when method = 'GET' and (status between 200 and 299 or status = 304)
        and regexp_matches(path, ${literal(pagePath)}, 'i') then 'pageload' else 'request' end as event,
      coalesce(account, host) as "user", null::varchar as session, url, referrer, status,
      coalesce(bytes, 0) as bytes, agent, json_merge_patch('{}', ${properties})::varchar as properties,
      reason
    from (
      select *, regexp_replace(regexp_replace(url, '[?#].*$', ''), '^[A-Za-z][A-Za-z+.-]*://[^/]*', '') as path,
        case when host is null then ${code('not a line of the common or combined log format')}
          when ts is null or not (${isPossible(raw('ts'))}) then ${code('impossible date')} end as reason
      from (
        select source, strlen(line) as size, ${given('host')} as host,
          ${given('identity')} as identity, ${given('account')} as account,
          try_strptime(fields.time, ${literal(logTimeFormat)}) as ts, fields.request as request,
          nullif(parts.method, '') as method, nullif(parts.url, '') as url,
          nullif(parts.protocol, '') as protocol, try_cast(fields.status as integer) as status,
          try_cast(fields.bytes as bigint) as bytes, ${given('referrer')} as referrer,
          ${given('agent')} as agent, nullif(trim(fields.rest), '') as rest
        from (
          select *, regexp_extract(fields.request, ${literal(requestPattern)}, ['method', 'url', 'protocol']) as parts
          from (
            select *, regexp_extract(line, ${literal(logLinePattern)}, ${literals(logLineFields)}) as fields
            from (${lines}) where trim(line, ${literal(' 	\r')}) <> ''))))`;
}
var pagePath = String.raw`(^|/)[^/.]*$|\.(html?|php|aspx?|jsp)$`;
var requestPattern = String.raw`^([A-Za-z]+) (\S+)(?: (HTTP/\S+))?$`;
var properties = sql`json_object('method', method, 'protocol', protocol,
  'request', case when method is null then request end, 'identity', identity,
  'host', case when account is not null then host end, 'rest', rest)`;
function given(field) {
  const value = sql`fields.${raw(field)}`;
  return sql`case when ${value} not in ('', '-', '""') then ${value} end`;
}

// lib/operations/ingest/read.ts
function eventsOf(kind, paths, errors) {
  switch (kind.format) {
    case 'clf':
      return eventsOfLogLines(linesOf({ paths, compression: kind.compression }, errors));
    case 'jsonl':
      return eventsOfRecords(jsonRecords(paths, kind.compression), kind.mapping);
    case 'csv':
      return eventsOfRecords(csvRecords(kind, paths, 'table'), kind.mapping);
    case 'parquet':
      return eventsOfRecords(parquetRecords(paths), kind.mapping);
    default:
      return kind;
  }
}
function jsonRecords(paths, compression) {
  return sql`select file_index as source, strlen(json) as size, json
    from read_ndjson_objects(${exactly(paths)}, ignore_errors = true,
      compression = ${literal(compression)}, hive_partitioning = false)`;
}
function csvRecords(kind, paths, errors) {
  const names = kind.header.map((name) => sql`${literal(name)}, ${identifier(name)}`);
  const types = kind.header.map((name) => sql`${literal(name)}: 'VARCHAR'`);
  return sql`select file_index as source, null::integer as size,
      json_merge_patch('{}', json_object(${names}))::varchar as json
    from read_csv(${exactly(paths)}, columns = {${join(types, ', ')}}, header = true,
      delim = ${literal(kind.delimiter)}, quote = '"', escape = '"', auto_detect = false,
      strict_mode = true, null_padding = false, compression = ${literal(kind.compression)},
      hive_partitioning = false${errorsTo(errors)})`;
}
function parquetRecords(paths) {
  return sql`select file_index as source, null::integer as size, to_json(t)::varchar as json
    from ${parquet(paths)} t`;
}

// lib/operations/ingest/incoming.ts
var incoming = raw('incoming');
var eventColumns = raw(
  'ts, event, "user", session, url, referrer, status, bytes, agent, properties',
);
async function load(engine, readings) {
  await unload(engine);
  await engine.execute(sql`create temporary table ${incoming} (source integer, size integer,
    ts timestamptz, event varchar, "user" varchar, session varchar, url varchar, referrer varchar,
    status integer, bytes bigint, agent varchar, properties varchar, reason tinyint)`);
  await createCsvRejects(engine);
  const loaded = [];
  for (const { kind, sources } of groupsOf(readings)) {
    const first = loaded.length;
    const unparsed = await insert(engine, kind, sources, first);
    const counts = await countsFrom(engine, first);
    for (const [index, source] of sources.entries()) {
      const number = first + index;
      const counted = counts.get(number) ?? nothing;
      loaded.push({ source, kind, number, ...counted, unparsed: unparsed.get(number) ?? 0 });
    }
  }
  return loaded;
}
async function unload(engine) {
  await dropCsvErrors(engine);
  await engine.execute(sql`drop table if exists ${csvRejects}`);
  await engine.execute(sql`drop table if exists ${incoming}`);
}
function groupsOf(readings) {
  const groups = /* @__PURE__ */ new Map();
  for (const { kind, source } of readings) {
    const key = JSON.stringify(kind);
    const group = groups.get(key) ?? { kind, sources: [] };
    groups.set(key, group);
    group.sources.push(source);
  }
  return groups.values();
}
async function insert(engine, kind, sources, first) {
  const paths = sources.map((source) => source.path);
  const into = (errors) =>
    engine.execute(sql`insert into ${incoming}
      select source + ${first}, size, ${eventColumns}, reason from (${eventsOf(kind, paths, errors)})`);
  try {
    await into('caller');
    return kind.format === 'csv' ? await keepCsvErrors(engine, first) : /* @__PURE__ */ new Map();
  } catch (error) {
    if (!(error instanceof EngineError) || error.failure !== 'query') throw error;
    if (kind.format !== 'clf') throw unreadable2(paths, error);
    await into('table');
    return keepCsvErrors(engine, first);
  }
}
function unreadable2(paths, cause) {
  const [path3 = '', ...others] = paths;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  return new UserError(
    `"${path3}"${more} cannot be read. Nothing was published.
${cause.message}`,
    {
      cause,
    },
  );
}
var nothing = { rows: 0, firstRow: 0, unusable: 0, textBytes: void 0 };
async function countsFrom(engine, first) {
  const rows = await engine.rows(sql`
    select source, count(*) as rows, count(reason) as unusable, min(rowid) as first_row,
      case when count(size) = count(*) then sum(size)::bigint end as text_bytes
    from ${incoming} where source >= ${first} group by source`);
  return new Map(rows.map((row) => [numberAt(row, 'source'), countsIn(row)]));
}
function countsIn(row) {
  return {
    rows: numberAt(row, 'rows'),
    unusable: numberAt(row, 'unusable'),
    firstRow: numberAt(row, 'first_row'),
    textBytes: row['text_bytes'] === null ? void 0 : numberAt(row, 'text_bytes'),
  };
}

// lib/operations/ingest/check-whole.ts
init_errors();
import { createReadStream as createReadStream2 } from 'node:fs';
import { createGunzip } from 'node:zlib';

// lib/formats/zstd-frames.ts
async function isCompleteZstd(read, size) {
  let offset = 0;
  while (offset < size) {
    const next = await frameEnd(read, offset);
    if (next === void 0 || next > size) return false;
    offset = next;
  }
  return true;
}
async function frameEnd(read, start) {
  const head = Buffer.from(await read(start, 8));
  if (head.length < 6) return void 0;
  const magic = head.readUInt32LE(0);
  if (magic >>> 4 === 25481893) return head.length < 8 ? void 0 : start + 8 + head.readUInt32LE(4);
  if (magic !== 4247762216) return void 0;
  const descriptor = head.readUInt8(4);
  const blocks = await blocksEnd(read, start + 5 + restOfHeader(descriptor));
  return blocks === void 0 ? void 0 : blocks + (descriptor & 4 ? 4 : 0);
}
function restOfHeader(descriptor) {
  const isSingleSegment = (descriptor & 32) !== 0;
  const window = isSingleSegment ? 0 : 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const content = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return window + dictionary + content;
}
async function blocksEnd(read, start) {
  let offset = start;
  for (;;) {
    const bytes = Buffer.from(await read(offset, 3));
    if (bytes.length < 3) return void 0;
    const header = bytes.readUIntLE(0, 3);
    const isRun = ((header >> 1) & 3) === 1;
    offset += 3 + (isRun ? 1 : header >> 3);
    if (header & 1) return offset;
  }
}

// lib/operations/ingest/check-whole.ts
async function checkWhole(loaded) {
  const { path: path3, bytes } = loaded.source;
  switch (loaded.kind.compression) {
    case 'uncompressed':
      return;
    case 'gzip':
      if (!(await hasLengthOf(loaded))) await gunzip(path3);
      return;
    case 'zstd': {
      const read = (offset, length) => readAt(path3, offset, length);
      if (!(await isCompleteZstd(read, bytes))) throw truncated(path3, void 0);
      return;
    }
    default:
      return loaded.kind;
  }
}
async function hasLengthOf({ source, rows, textBytes }) {
  if (textBytes === void 0) return false;
  const trailer = Buffer.from(await readAt(source.path, Math.max(0, source.bytes - 4), 4));
  if (trailer.length < 4) return false;
  const lineEnds = [rows, rows - 1, 2 * rows, 2 * (rows - 1)];
  return lineEnds.some((ends) => (textBytes + ends) % 2 ** 32 === trailer.readUInt32LE(0));
}
async function gunzip(path3) {
  const unzipped = createReadStream2(path3, {
    highWaterMark: 1024 * 1024,
  }).pipe(createGunzip({ chunkSize: 1024 * 1024 }));
  try {
    for await (const chunk of unzipped) chunk.fill(0, 0, 0);
  } catch (error) {
    throw truncated(path3, error);
  }
}
function truncated(path3, cause) {
  return new UserError(
    `"${path3}" is truncated or damaged: its compressed data does not end as it should. Nothing was published; fetch the file again.`,
    { cause },
  );
}

// lib/store/key.ts
init_errors();

// lib/dataset/layout.ts
init_errors();

// lib/dataset/published.ts
init_errors();

// lib/dataset/manifest.ts
init_errors();

// lib/dataset/parse-manifest.ts
init_errors();

// lib/operations/ingest/days.ts
init_parquet();
init_row();
init_sql();

// lib/store/conflict.ts
init_errors();

// lib/operations/ingest/days.ts
async function newDays(engine) {
  const rows = await engine.rows(sql`
    select epoch_us(ts) // ${raw(String(DAY_US))} as day, source, count(*) as rows from ${incoming}
    where reason is null group by all order by day, source`);
  const days2 = /* @__PURE__ */ new Map();
  for (const row of rows) {
    const day = numberAt(row, 'day');
    const sources = days2.get(day) ?? /* @__PURE__ */ new Map();
    days2.set(day, sources.set(numberAt(row, 'source'), numberAt(row, 'rows')));
  }
  return [...days2].map(([day, sources]) => ({ day, rows: sources }));
}
var DAY_US = 24 * 3600 * 1e6;

// lib/operations/ingest/rejects.ts
init_error();
init_parquet();
init_sql();
async function writeRejects(engine, loaded, path3) {
  if (loaded.kind.format === 'jsonl' && loaded.unusable > 0) await findBadBytes(engine, loaded);
  return engine.write(
    sql`select ${literal(loaded.source.uri)} as source, line, reason, text
      from (${rejectsOf(loaded)}) order by line`,
    path3,
  );
}
async function findBadBytes(engine, loaded) {
  const read = (lines) => engine.rows(sql`select sum(strlen(line)) as bytes from (${lines})`);
  try {
    await read(linesOf(fileOf(loaded), 'caller'));
  } catch (error) {
    if (!(error instanceof EngineError) || error.failure !== 'query') throw error;
    await read(linesOf(fileOf(loaded), 'table'));
    await keepCsvErrors(engine, loaded.number);
  }
}
function fileOf({ source, kind }) {
  return { paths: [source.path], compression: kind.compression };
}
function rejectsOf(loaded) {
  if (loaded.unusable + loaded.unparsed === 0) {
    return sql`select 0::bigint as line, '' as reason, '' as text where false`;
  }
  switch (loaded.kind.format) {
    case 'clf':
      return sql`
        select number as line, reason, text
        from (${unusable(loaded)}) join (
          select *, row_number() over (order by number) as record from (${numberedLinesOf(loaded)})
          where is_readable and ${isFilled}) using (record)
        union all select record, reason, line from ${csvRejects} where source = ${loaded.number}`;
    case 'jsonl':
      return sql`
        select number as line, case when is_readable then reason else 'not UTF-8' end as reason, text
        from (${unusable(loaded)}) join (
          select *, row_number() over (order by number) as record from (${numberedLinesOf(loaded)})
          where ${isFilled}) using (record)`;
    case 'csv':
      return csvRejectsOf(loaded, csvRecords(loaded.kind, [loaded.source.path], 'nowhere'));
    case 'parquet':
      return sql`
        select record as line, reason, json as text
        from (${unusable(loaded)}) join (
          select file_row_number + 1 as record, to_json(t)::varchar as json
          from ${parquet([loaded.source.path])} as t) using (record)`;
    default:
      return loaded.kind;
  }
}
function unusable({ number, firstRow }) {
  return sql`select rowid - ${firstRow} + 1 as record, ${reasonText(raw('reason'))} as reason
    from ${incoming} where source = ${number} and reason is not null`;
}
function numberedLinesOf(loaded) {
  return numberedLines(fileOf(loaded), loaded.number);
}
function csvRejectsOf(loaded, parsed) {
  const records = loaded.rows + loaded.unparsed + 1;
  return sql`
    with filled as materialized (
        select *, row_number() over (order by number) as place
        from (${numberedLinesOf(loaded)}) where ${isFilled}),
      lines as materialized (
        select * from filled where (select count(*) from filled) = ${records}),
      unparsed as (
        select record, reason, line from ${csvRejects} where source = ${loaded.number}),
      others as (
        select number, text, row_number() over (order by number) as record from lines
        where place > 1 and number not in (select record from unparsed)),
      parsed as (select row_number() over () as record, json from (${parsed}))
    select unparsed.record as line, reason, coalesce(lines.text, unparsed.line) as text
    from unparsed left join lines on lines.number = unparsed.record
    union all
    select others.number as line, reason, coalesce(others.text, parsed.json) as text
    from (${unusable(loaded)}) as bad
      left join others using (record) left join parsed using (record)`;
}

// test/bench/.st.ts
var k = process.argv[2] ?? 'whole';
var e = await openDuckDB();
var u = process.cpuUsage();
var t = performance.now();
var lap = (n) => {
  const d = process.cpuUsage(u);
  console.log(
    n.padEnd(12),
    ((performance.now() - t) / 1e3).toFixed(2),
    'cpu',
    ((d.user + d.system) / 1e6).toFixed(2),
  );
  u = process.cpuUsage();
  t = performance.now();
};
var src = [];
for (const f of await findFiles(['/tmp/ing/' + k], '/')) src.push(await sourceOf(f));
lap('hash');
var r = [];
for (const source of src) r.push({ source, kind: await kindOf2(e, source, { format: 'auto' }) });
lap('kind');
var l = await load(e, r);
lap('load');
for (const x of l) await checkWhole(x);
lap('check');
for (const [i, x] of l.entries()) await writeRejects(e, x, `/tmp/ing/rej${i}.parquet`);
lap('rejects');
var days = await newDays(e);
lap('days');
for (const { day } of days)
  await e.write(
    sql`select ${eventColumns} from ${incoming} where ts >= make_timestamptz(${raw(String(day * 864e8))}) and ts < make_timestamptz(${raw(String((day + 1) * 864e8))}) and reason is null`,
    `/tmp/ing/day${day}.parquet`,
  );
lap('write');
await e.rows(
  sql`select count(*), sum(strlen(properties)), sum(strlen(url)), count(ts) from (${eventsOf(
    r[0].kind,
    src.map((s) => s.path),
    'caller',
  )})`,
);
lap('read only');
await e.close();
