import type { Context } from '../context.ts';
import { isSealed, parseIdentities } from '../stores/file/identity.ts';
import { passphraseFromEnvironment } from '../stores/file/passphrase.ts';
import { damagedSecrets, missingIdentity, readStored } from '../stores/file/problems.ts';
import { type CheckGroup, fail, ok } from './check.ts';
import { countKeys, storedIn } from './known.ts';

const NAME = 'encrypted file';
const AGE = 'age-encryption.org/v1\n';

/** The file store's two files. They are not decrypted: that is reading secrets. */
export const fileStore: CheckGroup = {
  name: NAME,
  run: (ctx) => {
    const { secretsFile, identityFile } = ctx.paths;
    const secrets = readStored(secretsFile);
    const identity = readStored(identityFile);
    if (secrets === null) {
      const lost = storedIn(ctx, 'file');
      if (lost === 0) return [ok(NAME, 'not in use')];
      const hint = 'restore it from a backup, or add the keys again: claude-keys add NAME --replace';
      return [fail(NAME, `${secretsFile} is missing, and ${countKeys(lost)} with it`, hint)];
    }
    if (identity === null) throw missingIdentity(secretsFile, identityFile);
    if (secrets.toString('latin1', 0, AGE.length) !== AGE) throw damagedSecrets(secretsFile, 'it is no age file');
    return [ok(NAME, `${countKeys(storedIn(ctx, 'file'))} in ${secretsFile}; ${protection(ctx, identity)}`)];
  },
};

/** @throws {UserError} when the identity is damaged, or the environment's passphrase is set and empty. */
function protection(ctx: Context, identity: Buffer): string {
  if (isSealed(identity)) {
    const given = passphraseFromEnvironment(ctx) !== null;
    return `a passphrase protects it, ${given ? 'which the environment gives' : 'which is asked for on a terminal'}`;
  }
  parseIdentities(ctx, identity.toString('utf8'));
  return 'without a passphrase: a copy of it alone is useless, a program that runs as you can read it';
}
