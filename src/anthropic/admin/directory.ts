import { type Admin, askAll } from './admin.ts';

/** Names for ids, to show. */
export type Names = ReadonlyMap<string, string>;

const PAGE = 1000;

/** The workspaces of the organization by id, archived ones too. @throws {UserError} as {@link Admin.ask}. */
export async function workspaceNames(admin: Admin): Promise<Names> {
  return names(
    await askAll(
      admin,
      'the workspaces of the organization',
      (afterId) => (client, signal) =>
        client.organization.workspaces.list(
          { limit: PAGE, include_archived: true, ...(afterId !== undefined && { after_id: afterId }) },
          { signal },
        ),
      ({ id, name }) => item(id, name),
    ),
  );
}

/** The members of the organization by id. @throws {UserError} as {@link Admin.ask}. */
export async function userNames(admin: Admin): Promise<Names> {
  return names(
    await askAll(
      admin,
      'the members of the organization',
      (afterId) => (client, signal) =>
        client.organization.users.list(
          { limit: PAGE, ...(afterId !== undefined && { after_id: afterId }) },
          { signal },
        ),
      ({ id, name, email }) => item(id, typeof name === 'string' && name !== '' ? name : email),
    ),
  );
}

function item(id: unknown, name: unknown): { id: string; name: string } | null {
  return typeof id === 'string' && typeof name === 'string' ? { id, name } : null;
}

function names(items: readonly { readonly id: string; readonly name: string }[]): Names {
  return new Map(items.map(({ id, name }) => [id, name]));
}
