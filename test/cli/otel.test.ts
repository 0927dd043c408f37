import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { withOutlets } from '../../lib/cli/outlets.ts';
import type { RunEvent } from '../../lib/ledger/events.ts';
import { eventsOf } from '../ledger/events.ts';
import { createRig } from '../rig/rig.ts';
import type { Rig } from '../rig/rig.ts';

/** A span as OTLP/JSON has it, attributes made plain. */
interface Exported {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly code: number;
  readonly message?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly start: string;
  readonly end: string;
}

let server: Server;
let endpoint: string;
let spans: Exported[];
let resource: Readonly<Record<string, unknown>>;
let requests: { readonly path: string | undefined; readonly headers: IncomingHttpHeaders }[];
let said: string[];
let answer: number | 'nothing';

beforeEach(async () => {
  [spans, resource, requests, said, answer] = [[], {}, [], [], 200];
  server = createServer((request, response) => {
    void text(request).then((body) => {
      requests.push({ path: request.url, headers: request.headers });
      if (answer === 'nothing') return;
      if (answer === 200) take(body);
      response.writeHead(answer, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const events = eventsOf('20261120T060000Z-00000001');

/** The SDK reads the environment of the process. */
async function handOver(
  variables: Readonly<Record<string, string>>,
  all: readonly RunEvent[] = events,
): Promise<void> {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const say = (line: string): unknown => said.push(line);
  const effects = { cwd: '/', environment: process.env, say, mask: String };
  await withOutlets({}, effects, async (listen) => {
    for (const event of all) listen(event);
  });
}

test('a run is a span, and each invocation is one below the one that called for it', async () => {
  await handOver({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  expect(said).toEqual([]);
  expect(requests.map(({ path }) => path)).toEqual(['/v1/traces']);
  expect(resource).toMatchObject({ 'service.name': 'pipe', 'host.name': expect.any(String) });
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const nameOf = (id: string | undefined) => spans.find(({ spanId }) => spanId === id)?.name;
  expect(spans.map(({ name, parentSpanId }) => `${nameOf(parentSpanId)} > ${name}`)).toEqual([
    'stats:multi > stats:clicks',
    'stats:multi > stats:clicks',
    'pipe stats:multi > stats:multi',
    'undefined > pipe stats:multi',
  ]);
  const [good, bad, multi, run] = spans;
  expect(good).toMatchObject({
    code: 0,
    attributes: {
      'pipe.status': 'done',
      'pipe.kind': 'leaf',
      'pipe.argv': ['--sites=a'],
      'pipe.rows.in': 10,
      'pipe.rows.rejected': 1,
      'pipe.outputs': ['stats/clicks/site=a/date=2026-11-20/'],
    },
  });
  expect(bad).toMatchObject({ code: 2, message: 'it is bad', events: ['exception'] });
  expect(multi).toMatchObject({ code: 2, attributes: { 'pipe.status': 'failed' } });
  expect(run).toMatchObject({
    code: 2,
    message: 'exit code 1',
    attributes: { 'pipe.run': '20261120T060000Z-00000001', 'pipe.exit_code': 1 },
  });
  const [first] = events;
  expect(Number(run?.start) / 1e6).toBe(Date.parse(first?.at ?? ''));
  expect(Number(run?.end) / 1e6).toBe(Date.parse(events.at(-1)?.at ?? ''));
});

test('attempts that failed are events of the span', async () => {
  const retried = events.flatMap((event): readonly RunEvent[] => {
    if (event.type !== 'invocation-finished' || !event.error) return [event];
    const { at, id, error } = event;
    return [{ type: 'invocation-retried', at, id, attempt: 1, delayMs: 5, error }, event];
  });
  await handOver({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, retried);
  const failed = spans.find(({ message }) => message === 'it is bad');
  expect(failed?.events).toEqual(['attempt failed', 'exception']);
});

test('what the environment says of service, resource, headers and endpoint is followed', async () => {
  await handOver({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint}/own/path`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=abc',
    OTEL_SERVICE_NAME: 'nightly',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=prod,service.name=other',
  });
  expect(requests).toMatchObject([{ path: '/own/path', headers: { 'x-key': 'abc' } }]);
  expect(resource).toMatchObject({ 'service.name': 'nightly', 'deployment.environment': 'prod' });
});

test('a run joins the trace of the environment and hands itself on to child processes', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
  vi.stubEnv('TRACEPARENT', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
  const effects = { cwd: '/', environment: process.env, say: String, mask: String };
  let handed: string | undefined;
  await withOutlets({}, effects, async (listen) => {
    for (const event of events) listen(event);
    handed = process.env['TRACEPARENT'];
  });
  const run = spans.at(-1);
  expect(run).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parentSpanId: 'b7ad6b7169203331',
  });
  expect(handed).toBe(`00-${run?.traceId}-${run?.spanId}-01`);
  expect(process.env['TRACEPARENT']).toContain('b7ad6b7169203331');
});

test('a trace that is not sampled stays so', async () => {
  await handOver({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  });
  expect({ spans, said }).toEqual({ spans: [], said: [] });
});

test('an error that ends a run early ends its spans', async () => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint);
  const effects = { cwd: '/', environment: process.env, say: String, mask: () => 'hidden' };
  const failed = withOutlets({}, effects, async (listen) => {
    for (const event of events.slice(0, -2)) listen(event);
    throw new Error('the ledger is gone');
  });
  await expect(failed).rejects.toThrow('the ledger is gone');
  expect(spans.at(-1)).toMatchObject({ name: 'pipe stats:multi', code: 2, message: 'hidden' });
});

describe('a run neither fails nor hangs for a collector that', () => {
  const lost = (reason: string) => [
    `OpenTelemetry: 4 of 4 spans were lost (${new URL(endpoint).host}: ${reason})`,
  ];

  test('refuses', async () => {
    answer = 401;
    await handOver({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    expect(said).toEqual(lost('Unauthorized'));
  });

  test('is not there', async () => {
    await new Promise((done) => server.close(done));
    const short = { OTEL_EXPORTER_OTLP_TIMEOUT: '100' };
    await handOver({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...short });
    expect(said).toEqual(lost(`connect ECONNREFUSED ${new URL(endpoint).host}`));
  });

  test('says nothing', async () => {
    answer = 'nothing';
    const short = { OTEL_EXPORTER_OTLP_TIMEOUT: '100' };
    await handOver({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...short });
    expect(said).toEqual(lost('Request timed out'));
  });
});

describe('nothing is exported', () => {
  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    [{ OTEL_SDK_DISABLED: 'true' }],
    [{ OTEL_TRACES_EXPORTER: 'none' }],
  ])('for %o', async (variables: Readonly<Record<string, string>>) => {
    await handOver({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...variables });
    expect({ requests, said }).toEqual({ requests: [], said: [] });
  });

  test.each([
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'is not there; expected otlp or none'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'is not spoken; expected http/json'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'localhost:4318', 'is not an address'],
  ])('for %s=%s, and that is told', async (name, value, problem) => {
    await handOver({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, [name]: value });
    expect(requests).toEqual([]);
    expect(said).toEqual([
      expect.stringContaining(`OpenTelemetry: ${name}: '${value}' ${problem}`),
    ]);
  });
});

describe('the command', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await createRig();
    await rig.write({
      'package.json': '{ "type": "module" }',
      'tasks/test.js': `import { execFileSync } from 'node:child_process';
import { defineTask } from 'pipe';
const summary = 'Test';
const run = (args, { log }) => log(execFileSync('sh', ['-c', 'echo "trace=$TRACEPARENT"']).toString());
export const here = defineTask({ name: 'test:here', summary, usage: '[--key=<key>]', secret: ['key'], run });
export const there = defineTask({ name: 'test:there', summary, usage: '', isolate: 'process', run });`,
      // Writes down which files the process has loaded.
      'loads.mjs': `import { register } from 'node:module';
register('data:text/javascript,' + encodeURIComponent(\`
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\\\n');
    return next(url, context);
  }\`));`,
    });
  });
  afterAll(() => rig.remove());

  test.each(['test:here', 'test:there'])('hands its trace to what %s starts', async (task) => {
    const { code, stderr } = await rig.pipe([task], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    });
    expect(code, stderr).toBe(0);
    const run = spans.find(({ name }) => name === `pipe ${task}`);
    expect(stderr).toContain(`trace=00-${run?.traceId}-${run?.spanId}-01`);
    expect(spans.map(({ name }) => name)).toEqual([task, `pipe ${task}`]);
  });

  test('shows no secrets', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    await rig.pipe(['test:here', '--', '--key=hunter2'], { env });
    expect(JSON.stringify(spans)).toContain('--key=***');
    expect(JSON.stringify(spans)).not.toContain('hunter2');
  });

  test('loads nothing of OpenTelemetry where the environment does not ask for it', async () => {
    const loaded = async (variables: Readonly<Record<string, string>>): Promise<number> => {
      const env = { LOADED: rig.path('loaded'), ...variables };
      const options = `--import=${rig.path('loads.mjs')}`;
      await rig.write({ loaded: '' });
      const { code, stderr } = await rig.pipe(['test:here'], {
        env: { ...env, NODE_OPTIONS: options },
      });
      expect(code, stderr).toBe(0);
      // Every file of the SDK's bundle speaks of it.
      const { stdout } = await rig.shell(
        `sed -n 's,^file://,,p' loaded | grep '\\.js$' | xargs grep -l opentelemetry | wc -l`,
      );
      return Number(stdout);
    };
    expect(await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint })).toBeGreaterThan(0);
    expect(await loaded({})).toBe(0);
    expect(await loaded({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SDK_DISABLED: 'true' })).toBe(
      0,
    );
  });
});

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly boolValue?: boolean;
  readonly arrayValue?: { readonly values: readonly Value[] };
}
type KeyValues = readonly { readonly key: string; readonly value: Value }[];

interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly attributes: KeyValues;
        readonly events: readonly { readonly name: string }[];
        readonly status: { readonly code: number; readonly message?: string };
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
      }[];
    }[];
  }[];
}

/** Reads an export of OTLP/JSON. */
function take(body: string): void {
  const { resourceSpans }: Body = JSON.parse(body);
  for (const { resource: described, scopeSpans } of resourceSpans) {
    resource = plain(described.attributes);
    for (const span of scopeSpans.flatMap((scope) => scope.spans)) {
      const { status, startTimeUnixNano: start, endTimeUnixNano: end } = span;
      const names = span.events.map(({ name }) => name);
      const attributes = plain(span.attributes);
      spans.push({ ...span, ...status, attributes, events: names, start, end });
    }
  }
}

function plain(attributes: KeyValues): Record<string, unknown> {
  const valueOf = ({ arrayValue, ...value }: Value): unknown =>
    arrayValue ? arrayValue.values.map(valueOf) : Object.values(value)[0];
  return Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]));
}
