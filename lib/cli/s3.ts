import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Options } from '../store/s3/options.ts';
import { integer } from '../task/values.ts';

/** How S3 is reached in this process. Credentials, and what else is not set here, the SDK finds by itself. */
export function s3Options(unsafePublish: boolean): Partial<S3Options> {
  const { env } = process;
  // Tells people on Node 20 to update it, on every start; the version of the SDK is ours to choose.
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const endpoint = env['PIPE_S3_ENDPOINT'] ?? env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const bytes = env['PIPE_SPOOL_BYTES'];
  return {
    // Named by the user: another one's folder could not be written.
    spool: env['PIPE_SPOOL'] ?? join(tmpdir(), `pipe-spool-${process.getuid?.() ?? 'all'}`),
    endpoint,
    // Servers other than AWS have one region, whose name seldom matters.
    region: region ?? (endpoint === undefined ? undefined : 'us-east-1'),
    unsafePublish,
    notice: (text) => process.stderr.write(`${text}\n`),
    ...(bytes !== undefined && {
      limits: { spoolBytes: integer(bytes, { option: 'PIPE_SPOOL_BYTES', min: 1 }) },
    }),
  };
}
