import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { LoggerProvider, type LogRecordProcessor, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { UserError } from '../../errors.ts';
import { VERSION } from '../../version.ts';
import type { SentLine, Sink } from './sink.ts';

const TIMEOUT_MS = 10_000;
/** `INFO` of OpenTelemetry's severities. */
const INFO = 9;

/**
 * Sends by OpenTelemetry's own exporter (OTLP over HTTP). Its variables count (`OTEL_EXPORTER_OTLP_HEADERS` for what a
 * collector wants to be shown, `OTEL_EXPORTER_OTLP_CERTIFICATE`, …).
 * @param url of the collector; `/v1/logs` is added to one without a path, as OpenTelemetry has it
 */
export function otlpSink(url: URL): Sink {
  if (url.pathname === '/') url.pathname = '/v1/logs';
  const exporter = new OTLPLogExporter({ url: url.href, timeoutMillis: TIMEOUT_MS });
  return {
    send: (lines) =>
      new Promise((resolve, reject) => {
        exporter.export(recordsOf(lines), ({ code, error }) => {
          if (code === 0) resolve();
          else reject(notTaken(url, error));
        });
      }),
    close: () => exporter.shutdown(),
  };
}

/** Records are made by the SDK alone; a processor that keeps them is the way to get them, and to learn how it went. */
function recordsOf(lines: readonly SentLine[]): ReadableLogRecord[] {
  const records: ReadableLogRecord[] = [];
  const keep: LogRecordProcessor = {
    onEmit: (record) => void records.push(record),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const logger = new LoggerProvider({ processors: [keep] }).getLogger('claude-keys', VERSION);
  for (const { line, text } of lines) {
    const attributes = {
      seq: line.seq,
      command: line.command,
      key: line.key ?? undefined,
      fingerprint: line.fingerprint ?? undefined,
      grant: line.grant ?? undefined,
      detail: line.detail ?? undefined,
      'process.pid': line.process.pid,
      'process.name': line.process.name ?? undefined,
      folder: line.folder,
      terminal: line.terminal,
      prev: line.prev ?? undefined,
    };
    const at = new Date(line.time);
    logger.emit({
      timestamp: at,
      observedTimestamp: at,
      severityNumber: INFO,
      severityText: 'INFO',
      body: text,
      attributes,
    });
  }
  return records;
}

function notTaken(url: URL, error: Error | undefined): UserError {
  const { code, httpStatus } = Object(error) as { code?: unknown; httpStatus?: unknown };
  const why = [httpStatus, code].find((value) => typeof value === 'number' || typeof value === 'string');
  return new UserError('undecided', `${url.host} did not take the lines${why === undefined ? '' : ` (${why})`}`, {
    hint: 'is a collector of OpenTelemetry (OTLP over HTTP) listening there? nothing is lost: run it again',
    cause: error,
  });
}
