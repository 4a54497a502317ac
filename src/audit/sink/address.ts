import { UserError } from '../../errors.ts';
import type { Sink } from './sink.ts';
import type { SyslogPlace } from './syslog.ts';

/** A sink that was asked for: its address in one form, under which it is remembered how far it got. */
export interface SinkAddress {
  readonly text: string;
  /** Loads what it needs. */
  open(): Promise<Sink>;
}

const PORT = 514;

/**
 * `syslog:` (this machine's), `syslog:/dev/log` (its socket), `syslog://HOST[:PORT]` (UDP), `syslog+tcp://HOST[:PORT]`,
 * `http://HOST:4318` or `https://…` (OpenTelemetry).
 * @throws {UserError} `usage` for anything else.
 */
export function parseSink(text: string): SinkAddress {
  const socket = /^syslog:(\/[^/].*)?$/.exec(text);
  if (socket !== null) return syslog(text, { kind: 'local', socket: socket[1] ?? null });
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.hostname !== '' && url.username === '' && url.password === '' && url.hash === '') {
    if (url.protocol === 'http:' || url.protocol === 'https:') {
      return { text: url.href, open: async () => (await import('./otlp.ts')).otlpSink(url) };
    }
    const protocol = { 'syslog:': 'udp', 'syslog+tcp:': 'tcp' }[url.protocol] as 'udp' | 'tcp' | undefined;
    if (protocol !== undefined && /^\/?$/.test(url.pathname) && url.search === '') {
      const host = url.hostname.replace(/^\[|\]$/g, '');
      return syslog(url.href, { kind: 'remote', host, port: Number(url.port || PORT), protocol });
    }
  }
  throw new UserError('usage', 'that is no address of a sink', {
    hint: 'write it like syslog:, syslog://logs.example.com:514, syslog+tcp://logs.example.com or https://collector.example.com:4318',
  });
}

function syslog(text: string, place: SyslogPlace): SinkAddress {
  return { text, open: async () => (await import('./syslog.ts')).syslogSink(place) };
}
