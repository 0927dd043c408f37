import { messageOf, UserError } from '../../errors.ts';
import { faultOf, isTransient, type S3Fault } from './fault.ts';

/** A request that a person would want to know of. */
export interface Operation {
  /** As it stands in a sentence: `read`, `write`, `list`. */
  readonly verb: string;
  readonly bucket: string;
  readonly key: string;
}

/** What a failed request means for a person. Errors that are no request's pass unchanged. */
export function s3Error(operation: Operation, error: unknown, attempts: number): unknown {
  const fault = faultOf(error);
  if (error instanceof UserError || fault === undefined) return error;
  const { verb, bucket, key } = operation;
  const { meaning, advice } = meaningOf(fault, bucket, messageOf(error));
  const id = fault.requestId === undefined ? '' : `, request ${fault.requestId}`;
  const tried = `attempt ${attempts}${id}`;
  return new UserError(
    `Cannot ${verb} '${key}' in bucket '${bucket}': ${meaning} (${fault.code}, ${tried}). ${advice}`,
    { cause: error, retryable: isTransient(fault) },
  );
}

/** What a request that failed and is tried again means for a person. */
export function retryNotice({ verb, bucket, key }: Operation, error: unknown): string {
  const fault = faultOf(error);
  const meaning = fault ? meaningOf(fault, bucket, messageOf(error)).meaning : messageOf(error);
  return `Cannot ${verb} '${key}' in bucket '${bucket}' so far: ${meaning}. Trying again.`;
}

interface Meaning {
  readonly meaning: string;
  readonly advice: string;
}

function meaningOf(fault: S3Fault, bucket: string, message: string): Meaning {
  const { code, status, region } = fault;
  if (code === 'NoSuchBucket') {
    const advice = `Create it with "aws s3 mb s3://${bucket}", or choose another one with --store=s3://<bucket>/<prefix>.`;
    return { meaning: 'there is no such bucket', advice };
  }
  if (wrongRegion.has(code)) return regionMeaning(region);
  if (code.endsWith('ProviderError'))
    return { meaning: `there are no credentials: ${message}`, advice: credentials };
  // A 404 of another name may be of anything: of an account, of a version.
  const known = meanings[code] ?? (status === 404 ? undefined : meanings[String(status)]);
  if (known) return known;
  if (isTransient(fault)) return { meaning: message, advice: again };
  return { meaning: message, advice: 'Check the endpoint and the store, then run again.' };
}

const again = 'Nothing half-written is visible; run the same command again.';

const wrongRegion = new Set([
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
  'PermanentRedirect',
  '301',
]);

function regionMeaning(region: string | undefined): Meaning {
  return {
    meaning: `the bucket is in ${region === undefined ? 'another region' : `the region '${region}'`}`,
    advice: `Set AWS_REGION=${region ?? '<region>'} and run again.`,
  };
}

const credentials =
  'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE=<name> for a profile in ~/.aws; "aws sso login" renews those of an SSO.';

const unreachable: Meaning = {
  meaning: 'the server cannot be reached',
  advice: 'Check the network and PIPE_S3_ENDPOINT, then run the same command again.',
};

const cutOff: Meaning = {
  meaning: 'the connection was cut off',
  advice: `Check the network. ${again}`,
};

const slow: Meaning = {
  meaning: 'the server did not answer in time',
  advice: `Check the network and the server. ${again}`,
};

const untrusted: Meaning = {
  meaning: "this machine does not trust the server's certificate",
  advice:
    'If the server is yours, set NODE_EXTRA_CA_CERTS=<file.pem> to the certificate of its authority, and run again.',
};

const busy: Meaning = {
  meaning: 'the server is overloaded',
  advice: `Run the same command again later, or fewer tasks at once with --jobs=<n>.`,
};

const denied: Meaning = {
  meaning: 'access denied',
  advice:
    'Allow these credentials s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListBucket here, or use others with AWS_PROFILE=<name>.',
};

const meanings: Readonly<Record<string, Meaning>> = {
  AccessDenied: denied,
  '403': denied,
  RegionMissing: {
    meaning: 'no region is set',
    advice: 'Set AWS_REGION=<region>, or PIPE_S3_ENDPOINT=<url> for a server that is not AWS.',
  },
  InvalidAccessKeyId: {
    meaning: 'the server does not know the access key',
    advice:
      'Check AWS_ACCESS_KEY_ID or the profile, and that PIPE_S3_ENDPOINT is the server meant.',
  },
  SignatureDoesNotMatch: {
    meaning: 'the secret key is wrong',
    advice: 'Check AWS_SECRET_ACCESS_KEY or the profile.',
  },
  ExpiredToken: {
    meaning: 'the credentials have expired',
    advice: 'Get new ones, such as with "aws sso login", and run the same command again.',
  },
  RequestTimeTooSkewed: {
    meaning: "this machine's clock differs from the server's by more than a quarter of an hour",
    advice:
      'Set the clock, such as with "timedatectl set-ntp true", and run the same command again.',
  },
  NoSuchKey: {
    meaning: 'there is no such object',
    advice: 'It may have been removed meanwhile; run the same command again.',
  },
  '404': {
    meaning: 'there is no such object',
    advice: 'It may have been removed meanwhile; run the same command again.',
  },
  EntityTooLarge: {
    meaning: 'the file is larger than the server takes',
    advice: 'Split the partition into smaller ones.',
  },
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ECONNRESET: cutOff,
  EPIPE: cutOff,
  ECONNABORTED: cutOff,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_HAS_EXPIRED: {
    meaning: "the server's certificate has expired",
    advice: "Renew it, or set this machine's clock if that is wrong, and run again.",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    meaning: "the server's certificate is for another host",
    advice: 'Check that PIPE_S3_ENDPOINT names the host that the certificate is for.',
  },
  EPROTO: {
    meaning: 'the server does not speak TLS there',
    advice: 'Check that PIPE_S3_ENDPOINT begins with http:// or https:// as the server does.',
  },
  ETIMEDOUT: slow,
  TimeoutError: slow,
  SlowDown: busy,
  ServiceUnavailable: busy,
  '503': busy,
  '429': busy,
};
