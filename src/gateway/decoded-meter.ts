import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { type Meter, type Metered, UNKNOWN } from './usage-meter.ts';

/** A meter whose last word may take a moment. */
export interface AnyMeter {
  write(chunk: Buffer): void;
  end(whole: boolean): Metered | Promise<Metered>;
}

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/**
 * A meter for an answer with this `content-encoding`. The answer itself is passed on as it came: a copy is unpacked.
 * @returns null for an encoding that cannot be read
 */
export function decoded(meter: Meter, encoding: string | undefined): AnyMeter | null {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return meter;
  const decode = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding as keyof typeof DECODERS] : undefined;
  return decode === undefined ? null : new DecodedMeter(meter, decode());
}

class DecodedMeter implements AnyMeter {
  readonly #decoder: ReturnType<typeof createGunzip>;
  readonly #meter: Meter;
  readonly #done: Promise<boolean>;

  constructor(meter: Meter, decoder: ReturnType<typeof createGunzip>) {
    this.#meter = meter;
    this.#decoder = decoder;
    decoder.on('data', (chunk: Buffer) => meter.write(chunk));
    this.#done = new Promise((resolve) => {
      decoder.on('end', () => resolve(true)).on('error', () => resolve(false));
    });
  }

  write(chunk: Buffer): void {
    this.#decoder.write(chunk);
  }

  async end(whole: boolean): Promise<Metered> {
    this.#decoder.end();
    const readable = await this.#done;
    const metered = this.#meter.end(whole && readable);
    return readable || metered.estimated ? metered : { ...UNKNOWN, ...metered };
  }
}
