import { hostname } from 'node:os';
import { messageOf } from '../errors.ts';
import type { Outlet, OutletEffects } from './outlets.ts';
import { version } from './package.ts';

/** A variable of OpenTelemetry that is empty counts as not set. */
type Variable = (name: string) => string | undefined;

/**
 * Hands events on as spans of OpenTelemetry where the environment asks for it by OTEL_* variables,
 * and as part of the trace in TRACEPARENT, which is passed on to the processes that a run starts.
 * Without them nothing is loaded. A setting that cannot be followed is told, and fails nothing.
 */
export async function openTelemetryOutlet(effects: OutletEffects): Promise<Outlet | undefined> {
  const { environment, say, mask } = effects;
  const given: Variable = (name) => environment[name]?.trim() || undefined;
  if (!isWanted(given)) return undefined;
  const problem = problemOf(given);
  if (problem !== undefined) {
    say(`OpenTelemetry: ${problem}; the run goes on without it`);
    return undefined;
  }
  const { openOtlp } = await import('../ledger/otlp.ts');
  const attributes = { 'host.name': hostname(), 'process.pid': process.pid };
  const otlp = openOtlp({ version, attributes, environment });
  const before = process.env['TRACEPARENT'];
  return {
    write(event) {
      otlp.spans.write(event);
      if (event.type === 'run-started') setTraceparent(otlp.spans.traceparent);
    },
    async close(error) {
      if (error !== undefined) otlp.spans.abort(mask(messageOf(error)), new Date());
      setTraceparent(before);
      const { lost, ended, reason } = await otlp.close();
      if (lost === 0) return;
      const why = reason || 'the collector is too slow';
      say(`OpenTelemetry: ${lost} of ${ended} spans were lost (${endpointOf(given).host}: ${why})`);
    },
  };
}

/** Whether traces shall be exported at all. */
function isWanted(given: Variable): boolean {
  if (given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return false;
  const exporter = given('OTEL_TRACES_EXPORTER');
  if (exporter !== undefined) return exporter !== 'none';
  return endpointVariables.some((name) => given(name) !== undefined);
}

/** That for traces is taken as it is, the other one is a base. */
const endpointVariables = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'];

/** Why what the variables ask for cannot be done. */
function problemOf(given: Variable): string | undefined {
  const exporters = given('OTEL_TRACES_EXPORTER') ?? 'otlp';
  if (!exporters.split(',').some((name) => name.trim() === 'otlp')) {
    return `OTEL_TRACES_EXPORTER: '${exporters}' is not there; expected otlp or none`;
  }
  const [name, protocol] = firstOf(given, protocolVariables) ?? [];
  if (protocol !== undefined && !protocol.startsWith('http/')) {
    return `${name}: '${protocol}' is not spoken; expected http/json, as collectors take it on port 4318`;
  }
  const [variable, endpoint] = firstOf(given, endpointVariables) ?? [];
  if (endpoint !== undefined && !(/^https?:\/\//i.test(endpoint) && URL.canParse(endpoint))) {
    return `${variable}: '${endpoint}' is not an address; expected for example ${defaultEndpoint}`;
  }
  return undefined;
}

const protocolVariables = ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'];

/** Where a collector listens by the specification of OpenTelemetry. */
const defaultEndpoint = 'http://localhost:4318';

/** No more of it than the host is ever shown: what stands behind it is often a secret. */
function endpointOf(given: Variable): URL {
  const [, endpoint] = firstOf(given, endpointVariables) ?? [];
  return new URL(endpoint ?? defaultEndpoint);
}

function firstOf(
  given: Variable,
  names: readonly string[],
): readonly [name: string, value: string] | undefined {
  for (const name of names) {
    const value = given(name);
    if (value !== undefined) return [name, value];
  }
  return undefined;
}

/** For the processes that this one starts. */
function setTraceparent(traceparent: string | undefined): void {
  if (traceparent === undefined) delete process.env['TRACEPARENT'];
  else process.env['TRACEPARENT'] = traceparent;
}
