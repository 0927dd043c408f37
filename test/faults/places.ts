import { openLocalStore } from '../../lib/store/local.ts';
import { openS3Store } from '../../lib/store/s3/s3.ts';
import type { Store } from '../../lib/store/store.ts';
import type { Rig } from '../rig/rig.ts';
import type { S3Server } from '../rig/s3-server/server.ts';
import { newBucket } from '../rig/s3-server/state.ts';
import { patientLimits, testCredentials } from '../store/s3-rig.ts';
import { testEffects } from '../store/system.ts';

/** A store that commands work in with an environment, and that a test looks into. */
export interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly store: Store;
}

/** The default store of a rig's folder. */
export function folderOf(rig: Rig): Place {
  return { env: {}, store: openLocalStore(rig.path('data'), testEffects()) };
}

/** A bucket that is new; commands keep their spool in the rig's folder `tmp`. */
export function bucketOf(rig: Rig, server: S3Server): Place {
  server.state.buckets.set('bucket', newBucket());
  const options = {
    effects: testEffects(),
    spool: rig.path('tmp/reader'),
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: testCredentials,
    limits: patientLimits,
  };
  return {
    env: {
      PIPE_S3_ENDPOINT: server.endpoint,
      PIPE_STORE: 's3://bucket/store',
      AWS_ACCESS_KEY_ID: testCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: testCredentials.secretAccessKey,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      TMPDIR: rig.path('tmp'),
    },
    store: openS3Store({ bucket: 'bucket', prefix: 'store' }, options),
  };
}
