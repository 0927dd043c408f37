import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Faults, send, type Fault } from './faults.ts';
import { listObjects } from './listing.ts';
import { abortUpload, completeUpload, createUpload, listUploads, uploadPart } from './multipart.ts';
import { deleteObjects, getObject, putObject } from './objects.ts';
import { errorReply, S3Error, type Reply } from './reply.ts';
import { requestOf, targetOf, type S3Request, type Target } from './request.ts';
import { checkSignature } from './signature.ts';
import { newState, type Bucket, type S3State } from './state.ts';

/** An S3 server in this process that keeps objects in memory. */
export interface S3Server {
  readonly endpoint: string;
  readonly state: S3State;
  readonly faults: Faults;
  /** Method and path of every request that came, oldest first. */
  readonly requests: string[];
  close(): Promise<void>;
}

/**
 * Starts a server that does what Pipe's store asks of S3, as AWS documents it: signatures,
 * checksums, conditions, paging. Rules in `faults` make it fail.
 */
export async function startS3Server(host = '127.0.0.1'): Promise<S3Server> {
  const [state, faults, requests] = [newState(), new Faults(), [] as string[]];
  let ids = 0;
  const server = createServer((message, response) => {
    requests.push(`${message.method} ${message.url}`);
    response.setHeader('x-amz-request-id', `request-${++ids}`);
    response.setHeader('date', new Date(nowOf(state)).toUTCString());
    // A client that goes away is no error of the server's.
    response.on('error', () => undefined);
    serve(message, response, state, faults).catch(() => message.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    endpoint: `http://${host}:${address.port}`,
    state,
    faults,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  state: S3State,
  faults: Faults,
): Promise<void> {
  const target = targetOf(message);
  const fault = faults.take(target);
  if (fault && 'first' in fault) fault.first();
  if (fault && 'reset' in fault && fault.reset === 'before')
    return void message.socket.resetAndDestroy();
  if (fault && 'reset' in fault && fault.reset === 'upload') {
    return void message.once('data', () => message.socket.resetAndDestroy());
  }
  if (fault && 'stall' in fault && fault.stall === 'reply') return;
  await send(response, await replyTo(message, target, state, fault), fault);
}

async function replyTo(
  message: IncomingMessage,
  target: Target,
  state: S3State,
  fault: Fault | undefined,
): Promise<Reply> {
  try {
    const damaged = fault && 'damage' in fault ? fault.damage : undefined;
    const request = await requestOf(message, target, damaged);
    if (fault && 'status' in fault) {
      const { status, code = status === 503 ? 'SlowDown' : 'InternalError', headers = {} } = fault;
      const reply = errorReply(new S3Error(status, code));
      return { ...reply, headers: { ...reply.headers, ...headers } };
    }
    const instead =
      fault && 'xml' in fault ? { status: 200, body: Buffer.from(fault.xml) } : undefined;
    if (instead && fault && !('done' in fault)) return instead;
    checkSignature(target, state, nowOf(state));
    const bucket = state.buckets.get(target.bucket);
    if (!bucket) throw new S3Error(404, 'NoSuchBucket');
    const reply = act(request, bucket, state);
    return instead ?? reply;
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const reply = errorReply(error);
    // The answer to a HEAD has no body, and so no code.
    return target.method === 'HEAD' ? { status: reply.status } : reply;
  }
}

function act(request: S3Request, bucket: Bucket, state: S3State): Reply {
  const { method, key, query } = request;
  const isUpload = query.has('uploadId');
  if (method === 'PUT')
    return isUpload ? uploadPart(request, bucket) : putObject(request, bucket, state);
  if (method === 'POST' && query.has('uploads')) return createUpload(request, bucket);
  if (method === 'POST' && isUpload) return completeUpload(request, bucket, state);
  if (method === 'POST' && query.has('delete')) return deleteObjects(request, bucket);
  if (method === 'DELETE' && isUpload) return abortUpload(request, bucket);
  if (method === 'DELETE') {
    bucket.objects.delete(key);
    return { status: 204 };
  }
  if (method === 'GET' && key === '') {
    return query.has('uploads')
      ? listUploads(request, bucket)
      : listObjects(request, bucket, state);
  }
  if (method === 'GET') return getObject(request, bucket);
  if (method === 'HEAD') return { ...headOf(getObject(request, bucket)) };
  throw new S3Error(501, 'NotImplemented');
}

/** The head of a reply alone, with the length of the body it would have. */
function headOf({ status, headers, body }: Reply): Reply {
  return { status, headers: { ...headers, 'content-length': String(body?.length ?? 0) } };
}

function nowOf({ clockAheadMs }: S3State): number {
  return Date.now() + clockAheadMs;
}
