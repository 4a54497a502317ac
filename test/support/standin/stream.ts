import { randomUUID } from 'node:crypto';
import type { RawAnswer } from './answers.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What a message used, unless a test says otherwise. */
const USAGE = { input_tokens: 8, output_tokens: 1 };
const WORDS = ['Hi', ' there', ', how', ' are', ' you?'];

/** The answer to a request whose fields have been checked: a greeting, or a call of the first tool. */
export function messageOf({ model, tools }: Fields): Fields {
  const [tool] = Array.isArray(tools) ? (tools as Fields[]) : [];
  const id = randomUUID().replaceAll('-', '');
  return {
    id: `msg_${id}`,
    type: 'message',
    role: 'assistant',
    model,
    content:
      tool === undefined
        ? [{ type: 'text', text: 'Hi' }]
        : [{ type: 'tool_use', id: `toolu_${id}`, name: tool['name'], input: { city: 'Rome' } }],
    stop_reason: tool === undefined ? 'max_tokens' : 'tool_use',
    stop_sequence: null,
    usage: USAGE,
  };
}

/**
 * The same as a stream of events.
 * @param pauseMs before each piece of text
 */
export function streamOf(request: Fields, pauseMs: number): RawAnswer {
  const message = messageOf(request);
  const [block] = message['content'] as Fields[];
  const isTool = block?.['type'] === 'tool_use';
  const pieces = isTool
    ? ['{"city":', '"Rome"}'].map((text) => ({ type: 'input_json_delta', partial_json: text }))
    : WORDS.map((text) => ({ type: 'text_delta', text }));
  const events: { name: string; data: Fields; afterMs?: number }[] = [
    {
      name: 'message_start',
      data: { message: { ...message, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 0 } } },
    },
    {
      name: 'content_block_start',
      data: { index: 0, content_block: isTool ? { ...block, input: {} } : { type: 'text', text: '' } },
    },
    { name: 'ping', data: {} },
    ...pieces.map((delta) => ({ name: 'content_block_delta', data: { index: 0, delta }, afterMs: pauseMs })),
    { name: 'content_block_stop', data: { index: 0 } },
    {
      name: 'message_delta',
      data: { delta: { stop_reason: message['stop_reason'], stop_sequence: null }, usage: { output_tokens: 5 } },
    },
    { name: 'message_stop', data: {} },
  ];
  const chunks = events.map(({ name, data, afterMs }) => ({
    data: `event: ${name}\ndata: ${JSON.stringify({ type: name, ...data })}\n\n`,
    ...(afterMs && { afterMs }),
  }));
  return { status: 200, chunks, headers: { 'content-type': 'text/event-stream; charset=utf-8' } };
}
