import { readRegistry } from '../../src/keys/registry.ts';
import { type StoredOptions, storeKey } from './entries.ts';
import { TestMachine, type TestOptions } from './host.ts';
import { makeAdminKey, makeKey } from './secrets.ts';
import type { ConsoleRow, Standin } from './standin/index.ts';

/** A machine with the admin key of an organization of its own, and keys made in its Console. Its clock is the real one. */
export class Organization {
  readonly machine = new TestMachine();
  readonly id = `org-${makeKey().slice(20, 40)}`;
  readonly api: Standin;

  private constructor(api: Standin) {
    this.api = api;
    this.machine.now = new Date();
  }

  static async with(api: Standin, keys: Readonly<Record<string, Partial<StoredOptions>>> = {}): Promise<Organization> {
    const organization = new Organization(api);
    const secret = makeAdminKey();
    api.addKey(secret, { organizationId: organization.id });
    await storeKey(organization.machine, 'admin', { kind: 'admin', secret, organizationId: organization.id });
    for (const [name, options] of Object.entries(keys)) {
      await storeKey(organization.machine, name, {
        secret: organization.make(),
        organizationId: organization.id,
        ...options,
      });
    }
    return organization;
  }

  /** A new key, made in the Console. */
  make(row: Partial<ConsoleRow> = {}): string {
    const secret = makeKey();
    this.api.addKey(secret, { organizationId: this.id }, row);
    return secret;
  }

  async run(argv: readonly string[], options: TestOptions = {}) {
    return this.machine.run(argv, { ...options, env: { ANTHROPIC_BASE_URL: this.api.url, ...options.env } });
  }

  async json(argv: readonly string[], options: TestOptions = {}) {
    const { code, stdout, stderr } = await this.run([...argv, '--json'], options);
    return { code, stderr, document: JSON.parse(stdout) };
  }

  entry(name: string) {
    return readRegistry(this.machine.context()).keys.get(name);
  }

  /** What the store holds, by slot, but for the admin key. */
  get slots(): Record<string, string> {
    const slots = [...this.machine.keychain.slots].map(([slot, secret]) => [slot, secret.reveal()] as const);
    return Object.fromEntries(slots.filter(([slot]) => slot !== 'admin').sort());
  }

  status(secret: string): string {
    return this.api.rowOf(secret).status;
  }
}
