import { costOf, readUsage, tokensOf, type Usage } from '../anthropic/prices.ts';
import { type Amount, NOTHING } from '../limits/reservation.ts';

/** What an answer said that it used. */
export interface Metered {
  /** Null when it did not say, or not in a way that can be read. */
  readonly usage: Usage | null;
  /** The model that answered; null when it did not say. */
  readonly model: string | null;
  /** Worked out from a part of the answer. */
  readonly estimated: boolean;
}

/** Reads the usage out of an answer while it passes by. */
export interface Meter {
  write(chunk: Buffer): void;
  /** @param whole false when the answer was cut off */
  end(whole: boolean): Metered;
}

export const UNKNOWN: Metered = { usage: null, model: null, estimated: false };

/** An answer over this size is not kept to be read: what was set aside counts then. */
const MOST_BYTES = 64 * 1024 * 1024;

type Fields = Readonly<Record<string, unknown>>;

/** One JSON document. */
export class DocumentMeter implements Meter {
  #chunks: Buffer[] = [];
  #size = 0;
  /** After a whole answer: what was in it, if it was JSON. */
  content: Fields | null = null;

  write(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size <= MOST_BYTES) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  end(whole: boolean): Metered {
    const [first] = this.#chunks;
    if (!whole || first === undefined) return UNKNOWN;
    const body = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.content = parse(body.toString('utf8'));
    return UNKNOWN;
  }
}

/** One message in one document. */
export class MessageMeter extends DocumentMeter {
  override end(whole: boolean): Metered {
    super.end(whole);
    return ofMessage(this.content);
  }
}

/** Lines: the events of a stream, and the results of a batch. */
abstract class LineMeter implements Meter {
  #rest: Buffer[] = [];
  #restSize = 0;

  write(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      this.#take(chunk.subarray(from, end));
      from = end + 1;
    }
    if (from === chunk.length) return;
    this.#restSize += chunk.length - from;
    // The rest of a line that is too long to be kept is looked at as a line of its own, which says nothing.
    if (this.#restSize > MOST_BYTES) this.#rest = [];
    this.#rest.push(chunk.subarray(from));
  }

  #take(end: Buffer): void {
    const line = this.#rest.length === 0 ? end : Buffer.concat([...this.#rest, end]);
    this.#rest = [];
    this.#restSize = 0;
    this.line(line);
  }

  protected abstract line(line: Buffer): void;
  abstract end(whole: boolean): Metered;
}

const DATA = Buffer.from('data:');
const USAGE = Buffer.from('"usage"');
/** What was written when a stream ends early is nowhere said: an event of some hundred bytes has a few tokens. */
const BYTES_PER_TOKEN = 8;

/** A message as a stream of events: `message_start` has what was read, each `message_delta` what was written so far. */
export class StreamMeter extends LineMeter {
  #usage: Fields | null = null;
  #model: string | null = null;
  #bytes = 0;
  #done = false;

  protected line(line: Buffer): void {
    this.#bytes += line.length;
    // Most events are text, and are not parsed.
    if (line.length < 20 || !DATA.equals(line.subarray(0, 5)) || line.indexOf(USAGE) < 0) return;
    const event = parse(line.toString('utf8', 5));
    if (event?.['type'] === 'message_start') {
      const message = Object(event['message']) as Fields;
      this.#usage = Object(message['usage']) as Fields;
      this.#model = textOf(message['model']);
      this.#bytes = 0;
    } else if (event?.['type'] === 'message_delta') {
      this.#usage = grown(this.#usage ?? {}, Object(event['usage']) as Fields);
      this.#done = true;
    }
  }

  end(whole: boolean): Metered {
    const usage = readUsage(this.#usage);
    if (usage === null || this.#done || whole) return { usage, model: this.#model, estimated: false };
    const output = Math.max(usage.output, Math.ceil(this.#bytes / BYTES_PER_TOKEN));
    return { usage: { ...usage, output }, model: this.#model, estimated: true };
  }
}

/** The results of a batch: `{"custom_id", "result": {"type": "succeeded", "message"}}` in each line. */
export class ResultsMeter extends LineMeter {
  readonly found: Metered[] = [];

  protected line(line: Buffer): void {
    if (line.indexOf(USAGE) < 0) return;
    const result = Object(parse(line.toString('utf8'))?.['result']) as Fields;
    const metered = ofMessage(result['message']);
    if (metered.usage !== null) this.found.push({ ...metered, usage: { ...metered.usage, tier: 'batch' } });
  }

  end(): Metered {
    return UNKNOWN;
  }

  total(): Amount {
    return this.found.reduce((sum, { usage, model }) => {
      if (usage === null) return sum;
      return { tokens: sum.tokens + tokensOf(usage), nanos: sum.nanos + costOf(model ?? '', usage) };
    }, NOTHING);
  }
}

function ofMessage(message: unknown): Metered {
  const fields = Object(message) as Fields;
  return { usage: readUsage(fields['usage']), model: textOf(fields['model']), estimated: false };
}

function parse(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : null;
  } catch {
    return null;
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.length <= 128 ? value : null;
}

/** The later numbers include the earlier ones; what they leave out stays as it was. */
function grown(before: Fields, now: Fields): Fields {
  const usage: Record<string, unknown> = { ...before };
  for (const [name, value] of Object.entries(now)) {
    const known = usage[name];
    if (typeof value === 'number' && typeof known === 'number') usage[name] = Math.max(known, value);
    else if (value !== null) usage[name] = value;
  }
  return usage;
}
