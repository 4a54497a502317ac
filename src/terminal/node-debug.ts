/**
 * Keeps what Node's own modules say of their work with `NODE_DEBUG` off standard error: they write out headers of
 * requests, environments of children and pieces of streams, and keys are among them. The variable is then for the
 * program that `exec` runs, which gets it as it is.
 */
export function hushNodeDebug(stderr: NodeJS.WriteStream, pid: number): void {
  const line = new RegExp(`^[A-Z0-9_]+ (?:\\u001b\\[\\d+m)?${pid}(?:\\u001b\\[\\d+m)?: `);
  const write = stderr.write.bind(stderr) as (...args: unknown[]) => boolean;
  stderr.write = (...args: unknown[]) => (typeof args[0] === 'string' && line.test(args[0])) || write(...args);
}
