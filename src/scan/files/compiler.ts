const BUDGET = { usual: 67_584, late: 1_000_000 };
let now: keyof typeof BUDGET = 'usual';

/**
 * V8 compiles again what has run often, in threads that take the processors from ours: a tenth of the time of a scan that
 * is over before it pays. A function that begins to run while this is `late` gets fifteen times the budget before that.
 * But only with its `usual` words V8 takes what Node keeps compiled of itself, without which a thread starts half as fast:
 * so it must not be `late` while one starts, or a part of Node is loaded. Node 22 and later have a V8 without such a word.
 */
export async function compile(when: keyof typeof BUDGET): Promise<void> {
  if (when === now || !process.versions.v8.startsWith('11.')) return;
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString(`--interrupt-budget=${BUDGET[when]}`);
  now = when;
}
