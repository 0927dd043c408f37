import { readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import {
  createTraceState,
  isSpanContextValid,
  ROOT_CONTEXT,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { Attributes, Context } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { messageOf } from '../errors.ts';
import { Spans } from './opentelemetry.ts';

export interface OtlpOptions {
  readonly version: string;
  /** Of this process, such as its host; those of the environment stand above them. */
  readonly attributes: Attributes;
  /** That of the process: the SDK takes endpoint, headers, sampler and limits from there by itself. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Otlp {
  readonly spans: Spans;
  /** Hands over what is left, within {@link maxExportMs}; resolves to what was lost. Never throws. */
  close(): Promise<{ readonly lost: number; readonly ended: number; readonly reason: string }>;
}

/** How long an export may take, retries included, and how long a run that is over waits. */
const maxExportMs = 5000;
/** 10,000 leaves a second fill this in 1.5 s; what comes on top is lost, since a run does not wait. */
const maxQueued = 15_000;
/** At the end the whole queue goes out at once, in batches of 512. */
const maxExports = 64;

/** Exports the spans of one run by OTLP over HTTP, as JSON. */
export function openOtlp({ version, attributes, environment }: OtlpOptions): Otlp {
  const agents: HttpAgent[] = [];
  const exporter = new CountingExporter({
    timeoutMillis: timeoutOf(environment),
    concurrencyLimit: maxExports,
    httpAgentOptions: (protocol) => {
      const agent = openAgent(protocol, environment);
      agents.push(agent);
      return agent;
    },
  });
  const queue = environment['OTEL_BSP_MAX_QUEUE_SIZE'] ? {} : { maxQueueSize: maxQueued };
  const processor = new CountingProcessor(exporter, queue);
  const own = { 'service.name': 'pipe', 'service.version': version, ...attributes };
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(own))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [processor],
  });
  return {
    spans: new Spans(provider.getTracer('pipe', version), parentOf(environment)),
    async close() {
      const isOver = new AbortController();
      const late = setTimeout(maxExportMs, undefined, isOver).catch(() => undefined);
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      isOver.abort();
      // A collector that takes a connection and says nothing would keep the process alive.
      for (const agent of agents) agent.destroy();
      const { delivered, reason } = exporter;
      return { lost: processor.ended - delivered, ended: processor.ended, reason };
    },
  };
}

class CountingExporter extends OTLPTraceExporter {
  delivered = 0;
  /** Why the last export failed. */
  reason = '';

  override export(...[spans, done]: Parameters<OTLPTraceExporter['export']>): void {
    super.export(spans, (result) => {
      if (result.error) this.reason = messageOf(result.error);
      else this.delivered += spans.length;
      done(result);
    });
  }
}

/** The SDK does not tell what it drops when its queue is full. */
class CountingProcessor extends BatchSpanProcessor {
  ended = 0;

  override onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.ended++;
    super.onEnd(span);
  }
}

/** In milliseconds; who asks for less than {@link maxExportMs} gets it. */
function timeoutOf(environment: OtlpOptions['environment']): number {
  const given = Number(exporterVariable(environment, 'TIMEOUT') ?? maxExportMs);
  return given > 0 ? Math.min(given, maxExportMs) : maxExportMs;
}

/** The SDK's own agent cannot be closed, and waits for ever for a connection. */
function openAgent(protocol: string, environment: OtlpOptions['environment']): HttpAgent {
  const options = { keepAlive: true, timeout: maxExportMs };
  if (protocol === 'http:') return new HttpAgent(options);
  const fileOf = (name: string): Buffer | undefined => {
    const path = exporterVariable(environment, name);
    return path === undefined ? undefined : readFileSync(path);
  };
  return new HttpsAgent({
    ...options,
    ca: fileOf('CERTIFICATE'),
    cert: fileOf('CLIENT_CERTIFICATE'),
    key: fileOf('CLIENT_KEY'),
  });
}

/** That for traces stands above that for everything. An empty one counts as none. */
function exporterVariable(
  environment: OtlpOptions['environment'],
  name: string,
): string | undefined {
  const values = ['TRACES_', ''].map((kind) => environment[`OTEL_EXPORTER_OTLP_${kind}${name}`]);
  return values.find((value) => value !== undefined && value !== '');
}

/** The trace that this process is part of, as the environment has it (W3C Trace Context). */
function parentOf(environment: OtlpOptions['environment']): Context {
  const pattern = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
  const [, traceId = '', spanId = '', flags = ''] =
    pattern.exec(environment['TRACEPARENT'] ?? '') ?? [];
  const state = environment['TRACESTATE'];
  const parent = {
    traceId,
    spanId,
    traceFlags: parseInt(flags, 16),
    isRemote: true,
    ...(state && { traceState: createTraceState(state) }),
  };
  return isSpanContextValid(parent) ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT;
}
