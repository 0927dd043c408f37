/** A local file, and where it came from: a URI, or the key in the store. */
export interface NamedFile {
  readonly path: string;
  readonly uri: string;
}

/** What people know a file by. */
export function nameOf({ path, uri }: NamedFile): string {
  return uri.startsWith('file:') ? path : uri;
}
