/**
 * What a program under `exec --shield` does with the official SDK, as it is, and what it finds when it looks for a key in
 * what it can read of itself and its parent without asking: environments, command lines, the home, the temporary folder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';

const HELLO = { model: 'claude-haiku-5-5', max_tokens: 10, messages: [{ role: 'user', content: 'Hi' }] };
const KEY = /sk-ant-[a-z]+\d\d-[\w-]{80,}/;

const client = new Anthropic();
const message = await client.messages.create(HELLO);
const events = [];
for await (const event of client.messages.stream(HELLO)) events.push(event.type);
const { input_tokens } = await client.messages.countTokens({ model: HELLO.model, messages: HELLO.messages });
const wrong = await client.messages.create({ ...HELLO, model: 'claude-none' }).catch((error) => error.constructor.name);

// The temporary folder is in the home.
const files = readdirSync(process.env.HOME, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const processes = ['self', String(process.ppid)].flatMap((id) => [`/proc/${id}/environ`, `/proc/${id}/cmdline`]);
const seen = [...files, ...(process.platform === 'linux' ? processes : [])].filter((file) =>
  KEY.test(readFileSync(file, 'latin1')),
);
if (KEY.test(inspect([process.env, process.argv, process.execArgv, client], { depth: 4, maxStringLength: null })))
  seen.push('the process');
console.log(JSON.stringify({ text: message.content[0].text, events, input_tokens, wrong, seen }));
