import { type CheckOptions, type CheckResult, checkSecret } from '../../anthropic/check.ts';
import type { Context } from '../../context.ts';
import { UserError } from '../../errors.ts';
import type { KeyEntry, KeyKind } from '../../keys/entry.ts';
import { identify } from '../../keys/identify.ts';
import { readSecret } from '../../keys/read-secret.ts';
import type { Secret } from '../../keys/secret.ts';
import { inParallel } from '../../parallel.ts';
import type { StorePlace } from '../../stores/store.ts';
import { progress } from '../../terminal/progress.ts';
import type { Subject } from './subjects.ts';

/** What came out for one key. */
export interface Finding {
  /** Null for a key that is not stored. */
  readonly name: string | null;
  readonly redacted: string;
  readonly result: CheckResult;
  /** Of the secret that was tested; null when its store did not give it and nothing was tested. */
  readonly fingerprint: string | null;
  /** What to do about a secret that could not be read. */
  readonly hint: string | undefined;
}

interface Candidate {
  readonly name: string | null;
  readonly secret: Secret;
  readonly kind: KeyKind;
}

/** Enough that 50 keys at 300 ms take under 3 s, few enough that no service takes it for an attack. */
const SIDE_BY_SIDE = 10;

/**
 * Tests keys side by side. The findings have the order of the subjects.
 * @param options.throwUnreadable when a secret cannot be read, fail instead of reporting that key as undecided
 */
export async function checkAll(
  ctx: Context,
  subjects: readonly Subject[],
  how: CheckOptions,
  options: { readonly throwUnreadable: boolean },
): Promise<Finding[]> {
  const candidates = await readAll(ctx, subjects, options.throwUnreadable);
  const line = progress(ctx, `testing ${count(candidates.length)} with a real call`);
  let done = 0;
  try {
    return await inParallel(candidates, SIDE_BY_SIDE, async (candidate) => {
      const finding = 'result' in candidate ? candidate : await check(ctx, candidate, how);
      done += 1;
      if (candidates.length > 1) line.update(`tested ${done} of ${count(candidates.length)}`);
      return finding;
    });
  } finally {
    line.stop();
  }
}

async function check(ctx: Context, { name, secret, kind }: Candidate, how: CheckOptions): Promise<Finding> {
  const result = await checkSecret(ctx, secret, kind, how);
  return { name, ...identify(secret), result, hint: undefined };
}

/** One after the other, because a store may ask its owner; one that failed is not asked again for the next key. */
async function readAll(
  ctx: Context,
  subjects: readonly Subject[],
  throwUnreadable: boolean,
): Promise<(Candidate | Finding)[]> {
  const failed = new Map<StorePlace, UserError>();
  const read: (Candidate | Finding)[] = [];
  for (const subject of subjects) {
    if ('pasted' in subject) {
      read.push({ name: null, ...subject.pasted });
      continue;
    }
    const { entry } = subject;
    try {
      const before = failed.get(entry.store);
      if (before !== undefined) throw before;
      read.push({ name: entry.name, secret: await readSecret(ctx, entry), kind: entry.kind });
    } catch (error) {
      if (throwUnreadable || !(error instanceof UserError) || error.code === 'interrupted') throw error;
      if (error.code !== 'secret_missing') failed.set(entry.store, error);
      read.push(unreadable(entry, error));
    }
  }
  return read;
}

function unreadable({ name, current }: KeyEntry, error: UserError): Finding {
  return {
    name,
    redacted: current.redacted,
    fingerprint: null,
    hint: error.hint,
    result: {
      status: 'undecided',
      authenticated: null,
      model: null,
      latencyMs: 0,
      organizationId: null,
      workspaceId: null,
      requestId: null,
      message: `not tested: ${error.message}`,
      httpStatus: null,
    },
  };
}

function count(keys: number): string {
  return keys === 1 ? 'the key' : `${keys} keys`;
}
