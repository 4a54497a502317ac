import { createHash, randomUUID } from 'node:crypto';
import { ANSWERS, apiError, type RawAnswer } from './answers.ts';
import type { ServiceRequest } from './service.ts';
import { messageOf } from './stream.ts';

interface Batch {
  readonly id: string;
  readonly requests: readonly { custom_id: string; params: Record<string, unknown> }[];
  status: 'ended' | 'canceling';
}

interface StoredFile {
  readonly id: string;
  readonly filename: string;
  readonly content: Buffer;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ok = (body: unknown): RawAnswer => ({ status: 200, body, headers: JSON_TYPE });

/** What the service keeps: message batches, which are done as soon as they are there, and files. */
export class Shelf {
  readonly #batches = new Map<string, Batch>();
  readonly #files = new Map<string, StoredFile>();

  /** Null for a call that is about neither. */
  answer(request: ServiceRequest): RawAnswer | null {
    const [path = ''] = request.path.split('?');
    const [, , first, second, id = '', rest] = path.split('/');
    if (first === 'messages' && second === 'batches') return this.#batch(request, id, rest);
    if (first === 'files') return this.#file(request, second ?? '', id);
    return null;
  }

  #batch({ method, body }: ServiceRequest, id: string, rest: string | undefined): RawAnswer {
    if (method === 'POST' && id === '') return ok(this.#show(this.#create(body)));
    if (method === 'GET' && id === '') {
      const data = [...this.#batches.values()].map((batch) => this.#show(batch));
      return ok({ data, has_more: false, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null });
    }
    const batch = this.#batches.get(id);
    if (batch === undefined) return ANSWERS.path_not_found;
    if (method === 'POST' && rest === 'cancel') batch.status = 'canceling';
    if (method === 'DELETE') {
      this.#batches.delete(id);
      return ok({ id, type: 'message_batch_deleted' });
    }
    return rest === 'results' ? this.#results(batch) : ok(this.#show(batch));
  }

  #create(body: string): Batch {
    const { requests } = JSON.parse(body) as Pick<Batch, 'requests'>;
    const batch: Batch = { id: `msgbatch_${randomUUID().replaceAll('-', '').slice(0, 24)}`, requests, status: 'ended' };
    this.#batches.set(batch.id, batch);
    return batch;
  }

  #show({ id, requests, status }: Batch) {
    const time = '2026-11-24T12:00:00Z';
    return {
      id,
      type: 'message_batch',
      processing_status: status,
      request_counts: { processing: 0, succeeded: requests.length, errored: 0, canceled: 0, expired: 0 },
      created_at: time,
      ended_at: time,
      expires_at: time,
      archived_at: null,
      cancel_initiated_at: status === 'canceling' ? time : null,
      results_url: `/v1/messages/batches/${id}/results`,
    };
  }

  #results({ requests }: Batch): RawAnswer {
    const lines = requests.map(({ custom_id, params }) =>
      JSON.stringify({ custom_id, result: { type: 'succeeded', message: messageOf(params) } }),
    );
    return { status: 200, body: `${lines.join('\n')}\n`, headers: { 'content-type': 'application/x-jsonl' } };
  }

  #file({ method, headers, raw }: ServiceRequest, id: string, rest: string): RawAnswer {
    if (method === 'POST' && id === '') {
      const file = readUpload(headers['content-type'] ?? '', raw);
      if (file === null) return apiError(400, 'invalid_request_error', 'file: Field required');
      this.#files.set(file.id, file);
      return ok(shown(file));
    }
    if (method === 'GET' && id === '') {
      return ok({ data: [...this.#files.values()].map(shown), has_more: false, first_id: null, last_id: null });
    }
    const file = this.#files.get(id);
    if (file === undefined) return ANSWERS.path_not_found;
    if (method === 'DELETE') {
      this.#files.delete(id);
      return ok({ id, type: 'file_deleted' });
    }
    if (rest !== 'content') return ok(shown(file));
    return { status: 200, chunks: [{ data: file.content }], headers: { 'content-type': 'application/octet-stream' } };
  }
}

function shown({ id, filename, content }: StoredFile) {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const fields = { created_at: '2026-11-24T12:00:00Z', mime_type: 'application/octet-stream', downloadable: true };
  return { id, type: 'file', filename, size_bytes: content.length, ...fields, sha256 };
}

/** The one file of a multipart body. */
function readUpload(type: string, raw: Buffer): StoredFile | null {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1];
  if (boundary === undefined) return null;
  const part = raw
    .toString('latin1')
    .split(`--${boundary}`)
    .find((each) => /name="file"/.test(each));
  const [head, ...rest] = part?.split('\r\n\r\n') ?? [];
  if (head === undefined) return null;
  const content = Buffer.from(rest.join('\r\n\r\n').replace(/\r\n$/, ''), 'latin1');
  const filename = /filename="([^"]*)"/.exec(head)?.[1] ?? 'unnamed';
  return { id: `file_${randomUUID().replaceAll('-', '').slice(0, 24)}`, filename, content };
}
