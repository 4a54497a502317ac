/** What people write in the place of a key. Short words stand alone: a random key matches one of it in a million. */
const WORDS =
  /(?:^|[_-])(?:your(?:[_-]|$)|dummy)|yourkey|example|placeholder|redacted|changeme|change[_-]me|secret[_-]?key|api[_-]?key|insert|replace|sample|testing|(?:fake|test|mock)[_-]?(?:key|token)|not[_-]?real|do[_-]?not[_-]?use|for[_-]tests/i;
const FEWEST_CHARACTERS = 16;
const LONGEST_RUN = 8;
const LONGEST_PERIOD = 40;

/** True for a body that nobody drew at random: one character repeated, a sequence, a pattern over and over. */
export function isMadeUp(body: string): boolean {
  return hasFewCharacters(body) || hasRun(body) || repeats(body);
}

/** True for a body with words that say that it is none. A random one may hold such a word, in one of 10^6. */
export function saysPlaceholder(body: string): boolean {
  return WORDS.test(body) || isOneCase(body);
}

/** Words that someone has typed: 40 random characters have both cases but in one of 10^9. The end is `AA` in any case. */
function isOneCase(body: string): boolean {
  const start = body.slice(0, -2);
  return start.length >= 38 && (!/[A-Z]/.test(start) || !/[a-z]/.test(start));
}

function hasFewCharacters(body: string): boolean {
  return new Set(body).size < Math.min(FEWEST_CHARACTERS, body.length / 3);
}

/** `aaaaaaaa`, `abcdefgh`, `87654321`. */
function hasRun(body: string): boolean {
  for (const step of [0, 1, -1]) {
    let run = 1;
    for (let at = 1; at < body.length; at += 1) {
      run = body.charCodeAt(at) - body.charCodeAt(at - 1) === step ? run + 1 : 1;
      if (run >= LONGEST_RUN) return true;
    }
  }
  return false;
}

function repeats(body: string): boolean {
  if (body.length < 32) return false;
  for (let period = 1; period <= Math.min(LONGEST_PERIOD, body.length / 2); period += 1) {
    let same = 0;
    for (let at = period; at < body.length; at += 1) if (body[at] === body[at - period]) same += 1;
    if (same > (body.length - period) * 0.8) return true;
  }
  return false;
}
