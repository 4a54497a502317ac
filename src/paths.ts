import { join } from 'node:path';

/** The folders and files of CONTRACT.md, "Files and variables". */
export interface Paths {
  readonly data: string;
  readonly config: string;
  readonly cache: string;
  readonly registryFile: string;
  readonly historyFile: string;
  /** What is due, in one line for a shell to show; there is no file when nothing is. */
  readonly reminderFile: string;
  readonly configFile: string;
  readonly secretsFile: string;
  readonly identityFile: string;
  readonly auditFile: string;
  readonly grantsFile: string;
  /** The limits of grants: `counters.1`, `counters.2`, … */
  readonly countersFile: string;
  readonly accessLogFile: string;
}

/**
 * @param home the value of `CLAUDE_KEYS_HOME`: everything lies in that one folder when it is set and not empty
 * @param platformFolders the platform's own folders, asked for only when `home` is not set
 */
export function locate(
  home: string | undefined,
  platformFolders: () => { data: string; config: string; cache: string },
): Paths {
  const { data, config, cache } = home ? { data: home, config: home, cache: home } : platformFolders();
  return {
    data,
    config,
    cache,
    registryFile: join(data, 'registry.json'),
    historyFile: join(data, 'history.jsonl'),
    reminderFile: join(cache, 'reminder.txt'),
    configFile: join(config, 'config.json'),
    secretsFile: join(data, 'keys.age'),
    identityFile: join(data, 'identity.txt'),
    auditFile: join(data, 'audit.jsonl'),
    grantsFile: join(data, 'grants.json'),
    countersFile: join(data, 'counters'),
    accessLogFile: join(data, 'gateway.jsonl'),
  };
}
