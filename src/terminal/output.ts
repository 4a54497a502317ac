import { fstatSync, writeSync } from 'node:fs';
import type { Output } from '../context.ts';
import { systemCode } from '../errors.ts';

/** Node's own, where they are in use. */
const streams = new Set<NodeJS.WriteStream>();

/** Whether everything that was written has left this process. */
export function nothingIsLeft(): boolean {
  return [...streams].every(({ writableLength }) => writableLength === 0);
}

/**
 * A standard stream. Into a file or a pipe the text is written directly: making Node's own stream object takes 5 ms,
 * a quarter of what all of Node takes to start, and `print` runs in every shell. A terminal gets Node's stream, which
 * knows its width and, on Windows, its encoding.
 *
 * @param stream Node's own stream, made when it is called
 */
export function standardOutput(descriptor: 1 | 2, stream: () => NodeJS.WriteStream): Output {
  let direct: boolean | undefined;
  let isClosed = false;
  /** A reader that left early (`claude-keys status | head -1`) is no failure. */
  const onError = (error: unknown) => {
    if (systemCode(error) !== 'EPIPE') throw error;
    isClosed = true;
  };
  const isDirect = () => {
    direct ??= !mayBeTerminal(descriptor);
    return direct;
  };
  const opened = () => {
    const own = stream();
    if (!streams.has(own)) own.on('error', onError);
    streams.add(own);
    return own;
  };
  return {
    get isTTY() {
      return !isDirect() && opened().isTTY === true;
    },
    get columns() {
      return isDirect() ? 80 : (opened().columns ?? 80);
    },
    get isClosed() {
      return isClosed;
    },
    write(text) {
      const rest = isDirect() ? writeDirectly(descriptor, Buffer.from(text), onError) : text;
      if (rest.length === 0) return;
      direct = false;
      opened().write(rest);
    },
  };
}

/** Everything that is no file, pipe or socket; `/dev/null` too, which Node's stream then tells apart. */
export function mayBeTerminal(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return true;
  }
}

/** What could not be written now: another process has made this pipe one that does not wait (EAGAIN), and it is full. */
function writeDirectly(descriptor: number, bytes: Buffer, onError: (error: unknown) => void): Buffer {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return bytes.subarray(written);
    onError(error);
  }
  return Buffer.alloc(0);
}
