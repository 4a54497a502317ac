"""The SDK of Python, through whatever ANTHROPIC_BASE_URL names: prints what came of each call as one line of JSON."""
import json
import sys
import time

import anthropic

HELLO = {"model": "claude-haiku-5-5", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}
TOOL = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
client = anthropic.Anthropic(max_retries=0)


def cancelled():
    begun = time.monotonic()
    with client.messages.stream(**HELLO) as stream:
        next(iter(stream))
    return time.monotonic() - begun < 5


def failed():
    try:
        client.messages.create(**{**HELLO, "model": "claude-none"})
    except anthropic.NotFoundError as error:
        return [error.status_code, error.body["error"]["type"]]


def batch():
    made = client.messages.batches.create(requests=[{"custom_id": "one", "params": HELLO}])
    return [result.custom_id for result in client.messages.batches.results(made.id)]


def streamed(**more):
    with client.messages.stream(**HELLO, **more) as stream:
        message = stream.get_final_message()
        return [message.content[0].type, message.stop_reason, message.usage.output_tokens]


print(json.dumps({
    "create": client.messages.create(**HELLO).content[0].text,
    "stream": streamed(),
    "tool": client.messages.create(**HELLO, tools=[TOOL]).content[0].input,
    "streamed tool": streamed(tools=[TOOL]),
    "count": client.messages.count_tokens(model=HELLO["model"], messages=HELLO["messages"]).input_tokens,
    "models": [model.id for model in client.models.list(limit=2).data],
    "batch": batch(),
    "error": failed(),
    "cancelled": cancelled(),
}), file=sys.stdout)
