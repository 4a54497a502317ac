/** Put in by `script/build.mjs`; a run from the sources has none. */
declare const CLAUDE_KEYS_VERSION: string | undefined;
declare const CLAUDE_KEYS_HELP: string | undefined;

export const VERSION: string = typeof CLAUDE_KEYS_VERSION === 'undefined' ? '0.0.0-source' : CLAUDE_KEYS_VERSION;

/** The help of the whole program, made at build time so that `--help` need not load a parser. */
export const HELP: string = typeof CLAUDE_KEYS_HELP === 'undefined' ? '' : CLAUDE_KEYS_HELP;
