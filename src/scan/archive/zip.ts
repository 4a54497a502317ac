import { Readable } from 'node:stream';
import { type Entry, fromFd, fromRandomAccessReader, type Options, RandomAccessReader, type ZipFile } from 'yauzl';
import type { Member } from './tar.ts';

const OPTIONS: Options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: false };

/** A file in a zip, or the reason why it cannot be read. */
export type ZipMember = Member | { readonly name: string; readonly why: string };

/**
 * The files of a zip, by its directory, one after the other.
 * @param source an open file, or what is held of a stream
 * @throws when it has no directory that can be read
 */
export async function* zipMembers(source: number | HeldZip): AsyncGenerator<ZipMember> {
  const zip = await opened(source);
  for (let entry = await nextEntry(zip); entry !== null; entry = await nextEntry(zip)) {
    // With `decodeStrings: false` it is bytes, whatever its type says.
    const name = Buffer.from(entry.fileName).toString('utf8');
    if (name.endsWith('/')) continue;
    if (entry.isEncrypted()) yield { name, why: 'it is encrypted' };
    else if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8)
      yield { name, why: 'its packing is not known' };
    else yield { name, content: await contentOf(zip, entry) };
  }
}

function opened(source: number | HeldZip): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, zip: ZipFile) => (error ? reject(error) : resolve(zip));
    if (typeof source === 'number') fromFd(source, OPTIONS, done);
    else fromRandomAccessReader(source, source.size, OPTIONS, done);
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const off = () =>
      zip.removeListener('entry', onEntry).removeListener('end', onEnd).removeListener('error', onError);
    const onEntry = (entry: Entry) => resolve(off() && entry);
    const onEnd = () => resolve(off() && null);
    const onError = (error: Error) => reject(off() && error);
    zip.once('entry', onEntry).once('end', onEnd).once('error', onError);
    zip.readEntry();
  });
}

function contentOf(zip: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}

/** A zip that comes as a stream, held as its pieces: put together they would be there twice for a moment. */
export class HeldZip extends RandomAccessReader {
  readonly #pieces: readonly Uint8Array[];
  readonly size: number;

  constructor(pieces: readonly Uint8Array[]) {
    super();
    this.#pieces = pieces;
    this.size = pieces.reduce((sum, { length }) => sum + length, 0);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#slices(start, end), { objectMode: false });
  }

  *#slices(start: number, end: number): Generator<Uint8Array> {
    let at = 0;
    for (const piece of this.#pieces) {
      if (at >= end) return;
      if (at + piece.length > start) yield piece.subarray(Math.max(0, start - at), end - at);
      at += piece.length;
    }
  }
}
