import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../errors.ts';
import { type Answer, type Caller, type Request, SERVICE } from './calls.ts';

type Keytar = Pick<typeof import('keytar'), 'getPassword' | 'setPassword' | 'deletePassword'>;

/** Why keytar cannot be used on this machine. */
export class NativeProblem extends Error {
  readonly kind: 'no-package' | 'no-library' | 'no-build';
  /** The shared library that is missing. */
  readonly library: string | null;

  constructor(kind: NativeProblem['kind'], cause: unknown, library: string | null = null) {
    super(kind, { cause });
    this.name = 'NativeProblem';
    this.kind = kind;
    this.library = library;
  }
}

/**
 * Loads keytar, which blocks for some 10 ms while libsecret and GLib are linked in. The only place that knows keytar.
 *
 * `findCredentials` is not used anywhere: on a locked collection it ends the process with a segmentation fault.
 *
 * @throws {NativeProblem} when the optional package or a library that it needs is not there.
 */
export function loadNative(load: (id: string) => unknown = require): Caller {
  let keytar: Keytar;
  try {
    keytar = load('keytar') as Keytar;
  } catch (error) {
    throw explain(error);
  }
  return (request) => call(keytar, request);
}

async function call(keytar: Keytar, request: Request): Promise<Answer> {
  switch (request.operation) {
    case 'get':
      return keytar.getPassword(SERVICE, request.account);
    case 'set':
      await keytar.setPassword(SERVICE, request.account, request.value);
      return true;
    case 'delete':
      return keytar.deletePassword(SERVICE, request.account);
  }
}

function explain(error: unknown): NativeProblem {
  if (systemCode(error) === 'MODULE_NOT_FOUND') return new NativeProblem('no-package', error);
  // keytar tries several binaries and keeps the linker's words to itself: link the one for this machine again.
  const cause = linkerError() ?? error;
  const library = missingLibrary(cause instanceof Error ? cause.message : '');
  return new NativeProblem(library === null ? 'no-build' : 'no-library', cause, library);
}

function linkerError(): unknown {
  try {
    const folder = join(require.resolve('keytar/package.json'), '..');
    const binary = join(folder, 'prebuilds', `${process.platform}-${process.arch}`, 'keytar.node');
    if (existsSync(binary)) process.dlopen({ exports: {} }, binary);
    return null;
  } catch (error) {
    return error;
  }
}

/** The library in the words of glibc's linker ("libsecret-1.so.0: cannot open shared object file: …"). */
export function missingLibrary(message: string): string | null {
  return /(\S+\.so[.\d]*): cannot open shared object file/.exec(message)?.[1] ?? null;
}
