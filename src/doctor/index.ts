import type { Context } from '../context.ts';
import { type Check, type CheckGroup, fail, failure } from './check.ts';
import { claudeCode } from './claude-code.ts';
import { fileStore } from './file-store.ts';
import { files } from './files.ts';
import { keychain } from './keychain.ts';
import { changes, choice } from './keys.ts';
import { machine } from './machine.ts';
import { newKeys } from './new-keys.ts';
import { profiles } from './profiles.ts';
import { configuration, registry } from './records.ts';
import { shells } from './shells.ts';
import { baseUrl, variables } from './variables.ts';

/** In the order in which they are told: what the others stand on first. */
const GROUPS: readonly CheckGroup[] = [
  machine,
  files,
  registry,
  configuration,
  keychain,
  fileStore,
  newKeys,
  variables,
  baseUrl,
  claudeCode,
  changes,
  choice,
  shells,
  profiles,
];

/** A file system or a bus that hangs must not keep the rest from being told. */
const DEADLINE_MS = 15_000;

/** Looks at everything. Reads no secret from a store, changes nothing and never throws. */
export async function examine(ctx: Context): Promise<Check[]> {
  const found: Check[] = [];
  for (const group of GROUPS) found.push(...(await examined(ctx, group)));
  return found;
}

async function examined(ctx: Context, group: CheckGroup): Promise<Check[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Check[]>((resolve) => {
    const check = fail(group.name, `no answer within ${DEADLINE_MS / 1_000} s`);
    timer = setTimeout(() => resolve([check]), DEADLINE_MS);
  });
  try {
    return await Promise.race([group.run(ctx), late]);
  } catch (error) {
    return [failure(group.name, error)];
  } finally {
    clearTimeout(timer);
  }
}
