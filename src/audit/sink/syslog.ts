import { spawn } from 'node:child_process';
import { systemCode, UserError } from '../../errors.ts';
import type { SentLine, Sink } from './sink.ts';

/** Where syslog is: this machine's own, a socket of it, or another machine. */
export type SyslogPlace =
  | { readonly kind: 'local'; readonly socket: string | null }
  | { readonly kind: 'remote'; readonly host: string; readonly port: number; readonly protocol: 'udp' | 'tcp' };

/** A line has some 600 bytes, and a folder's name makes it longer; the default of `logger` is 1 KiB. */
const MOST_BYTES = '8192';

/**
 * Sends through `logger`, the system's own client of syslog: it knows where the local one listens, and its protocols.
 * Node has no datagram sockets of Unix, which is what the local syslog of Linux is.
 */
export function syslogSink(place: SyslogPlace): Sink {
  return {
    send: (lines) => logger(argumentsFor(place), lines),
    close: async () => {},
  };
}

function argumentsFor(place: SyslogPlace): string[] {
  const common = ['-t', 'claude-keys', '-p', 'authpriv.info'];
  if (place.kind === 'local' && place.socket === null) return common;
  const long = [...common, '--rfc5424=notq', '--msgid', 'audit', '--size', MOST_BYTES];
  if (place.kind === 'local') return [...long, '--socket', place.socket ?? '', '--socket-errors=on'];
  return [...long, '--server', place.host, '--port', String(place.port), `--${place.protocol}`];
}

function logger(args: readonly string[], lines: readonly SentLine[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('logger', args, { stdio: ['pipe', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    child.on('error', (error) =>
      reject(
        new UserError(
          'undecided',
          `logger, which sends to syslog, cannot be run (${systemCode(error) ?? error.name})`,
          {
            hint: 'install it (Debian: bsdutils), or send to an OpenTelemetry collector',
            cause: error,
          },
        ),
      ),
    );
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const why =
        said
          .trim()
          .split('\n')
          .at(-1)
          ?.replace(/^logger: /, '') || `exit ${code}`;
      reject(
        new UserError('undecided', `syslog did not take the lines: ${why.slice(0, 200)}`, { hint: 'is it running?' }),
      );
    });
    child.stdin.on('error', () => {});
    child.stdin.end(lines.map(({ text }) => `${text}\n`).join(''));
  });
}
